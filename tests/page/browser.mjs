// A page in headless Chromium, by its DevTools protocol over a pipe: it loads without a word on the
// console and without a request, agrees with the program, and answers to dragging, drawing and keys;
// at 390 pixels nothing stands out of the window. Prints how long the first image took, and frames
// while a code is dragged.
//
//   node browser.mjs PAGE.html [FOLDER for screenshots]
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const [page, shots] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-"));
const chromium = spawn("chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
  "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [, , , to, from] = chromium.stdio;
const waiting = new Map(), heard = [];
let last = 0, left = Buffer.alloc(0);
from.on("data", (bytes) => {
  left = Buffer.concat([left, bytes]);
  for (let end; (end = left.indexOf(0)) >= 0; left = left.subarray(end + 1)) {
    const message = JSON.parse(left.subarray(0, end));
    if (message.id) waiting.get(message.id)(message), waiting.delete(message.id);
    else heard.push(message);
  }
});
let session;
function send(method, params = {}) {
  const id = ++last;
  to.write(JSON.stringify({ id, method, params, ...(session ? { sessionId: session } : {}) }) + "\0");
  return new Promise((resolve, reject) => waiting.set(id, (m) => (m.error ? reject(new Error(`${method}: ${m.error.message}`)) : resolve(m.result))));
}
async function value(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description || exceptionDetails.text}`);
  return result.value;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(expression, what, seconds = 90) {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await pause(50)) if (await value(expression)) return;
  throw new Error(`waited ${seconds} s for ${what}`);
}
const failures = [];
const expect = (ok, text) => ok || failures.push(text);

async function middleOf(selector) {
  return value(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "center" });
    const b = e.getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2, width: b.width, height: b.height }; })()`);
}
const mouse = (type, x, y, buttons) => send("Input.dispatchMouseEvent", { type, x, y, buttons, button: type === "mouseMoved" ? "none" : "left", clickCount: 1 });
async function press(key) {
  const text = key.length === 1 ? { text: key } : {};
  const code = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }[key] || key.toUpperCase().charCodeAt(0);
  await send("Input.dispatchKeyEvent", { type: "keyDown", key, windowsVirtualKeyCode: code, ...text });
  await send("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode: code });
}
async function shot(name) {
  if (!shots) return;
  const { cssContentSize } = await send("Page.getLayoutMetrics");
  const clip = { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, 6000), scale: 1 };
  const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
  fs.writeFileSync(path.join(shots, `${name}.png`), Buffer.from(data, "base64"));
}
const size = (width, height, mobile) => send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
const painted = (who) => `(() => { const c = page.views[0].${who}; return c.toDataURL(); })()`;

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
  await size(1340, 900, false);
  await send("Page.navigate", { url: "file://" + path.resolve(page) });
  await until("document.documentElement && document.documentElement.dataset.ready", "the page to be ready");
  const ready = await value("+document.documentElement.dataset.ready");
  await until("page.views.every((v) => v.check.dataset.worst)", "the page's own comparison");
  const worst = await value("Math.max(...page.views.map((v) => +v.check.dataset.worst))");
  expect(worst < 1e-3, `the page is ${worst} nats from the program`);
  expect(await value('page.views.every((v) => v.check.dataset.epsilon === "true")'), "ε differs from the program's");
  await until("!page.views.some((v) => v.evidence.running)", "log p(x)");
  await shot("1340");

  // dragging over the map moves z and what is decoded
  const map = await middleOf(".map"), before = await value(painted("mean")), z = await value("[...page.views[0].at.z].join()");
  await value("window.frames = 0; window.counting = true; (function f() { ++frames; if (counting) requestAnimationFrame(f); })(); window.began = performance.now(); 1");
  await mouse("mousePressed", map.x, map.y, 1);
  for (let k = 0; k < 90; ++k) {
    const turn = k / 10;
    await mouse("mouseMoved", map.x + map.width * 0.35 * Math.sin(turn), map.y + map.height * 0.35 * Math.cos(turn), 1);
  }
  const fps = await value("counting = false, 1000 * frames / (performance.now() - began)");
  await mouse("mouseReleased", map.x + 20, map.y, 0);
  expect((await value("[...page.views[0].at.z].join()")) !== z, "dragging does not move z");
  expect((await value(painted("mean"))) !== before, "dragging decodes nothing");
  const work = await value("(() => { const v = page.views[0], t = performance.now(); for (let k = 0; k < 40; ++k) v.move([[0, k / 40]], v.layerOf(0)); return (performance.now() - t) / 40; })()");

  // hovering decodes without moving z
  const kept = await value("[...page.views[0].at.z].join()");
  await mouse("mouseMoved", map.x - map.width / 4, map.y, 0);
  await pause(100);
  expect(await value('!document.querySelector(".preview").hidden'), "hovering shows no image");
  expect((await value("[...page.views[0].at.z].join()")) === kept, "hovering moves z");

  // drawing makes another image of it
  const pad = await middleOf(".pad"), elbo = await value("page.views[0].current.elbo");
  await mouse("mousePressed", pad.x - pad.width / 4, pad.y - pad.height / 4, 1);
  for (let k = 1; k <= 12; ++k) await mouse("mouseMoved", pad.x - pad.width / 4 + (k * pad.width) / 24, pad.y - pad.height / 4 + (k * pad.height) / 24, 1);
  await mouse("mouseReleased", pad.x, pad.y, 0);
  await pause(150);
  expect((await value("page.state.index")) === -1, "drawing leaves the test image in view");
  expect((await value("page.views[0].current.elbo")) !== elbo, "drawing does not change the ELBO");
  await value('document.activeElement.blur(), document.querySelector(".pad").focus(), 1');
  await press("c");
  await pause(100);
  expect(await value("page.pad.bytes.every((b) => b === 0)"), "C does not clear");

  // keys
  await value('document.querySelector(".pad").blur(), page.pick(0), 1');
  await press("ArrowRight");
  expect((await value("page.state.index")) === 1, "→ does not go to the next image");
  await press("r");
  expect((await value("page.state.particle")) === 1, "R does not resample");
  await value('document.querySelector(".latent input").focus(), 1');
  const at = await value('document.querySelector(".latent input").value');
  await press("ArrowRight");
  expect((await value('document.querySelector(".latent input").value')) !== at && (await value("page.views[0].byHand")), "a slider does not answer to →");
  await value('document.querySelector(".map").focus(), 1');
  const point = await value("[...page.views[0].at.z].join()");
  await press("ArrowUp");
  expect((await value("[...page.views[0].at.z].join()")) !== point, "the map does not answer to ↑");
  const unnamed = await value('[...document.querySelectorAll("button, input, select, canvas")].filter((e) => !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim() || e.title)).length');
  expect(unnamed === 0, `${unnamed} controls have no name`);
  const ids = await value('[...document.querySelectorAll("[id]")].map((e) => e.id)');
  expect(new Set(ids).size === ids.length, "an id twice");

  // K
  await value('(() => { const e = page.views[0].evidence; e.slider.value = 2.7; e.slider.dispatchEvent(new Event("input")); })()');
  await until("!page.views[0].evidence.running", "500 draws");
  expect((await value("page.views[0].evidence.importance.weights.count")) >= 500, "K is not heeded");

  // dark, and a phone
  await value("page.pick(0), 1");
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
  await pause(300);
  await until("!page.views.some((v) => v.evidence.running)", "log p(x)");
  expect(await value('getComputedStyle(document.body).backgroundColor !== "rgb(244, 245, 247)"'), "dark is light");
  await shot("1340-dark");
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "light" }] });
  await size(390, 844, true);
  await pause(500);
  const wide = await value("document.documentElement.scrollWidth");
  expect(wide <= 390, `${wide} pixels wide on a phone of 390`);
  await shot("390");
  await send("Emulation.setEmulatedMedia", { media: "print" });
  await pause(200);
  await shot("print");

  for (const m of heard) {
    if (m.method === "Runtime.exceptionThrown") failures.push(`exception: ${m.params.exceptionDetails.exception?.description}`);
    if (m.method === "Runtime.consoleAPICalled") failures.push(`console: ${JSON.stringify(m.params.args)}`);
    if (m.method === "Log.entryAdded") failures.push(`log: ${m.params.entry.text}`);
    if (m.method === "Network.requestWillBeSent" && !/^(data:|about:)/.test(m.params.request.url) && m.params.request.url !== "file://" + path.resolve(page)) failures.push(`request: ${m.params.request.url}`);
  }
  console.log(`${path.basename(page)}: ${(fs.statSync(page).size / 1e6).toFixed(2)} MB, first image after ${ready} ms, ${work.toFixed(1)} ms for each move of z, ${fps.toFixed(0)} frames/s while dragging, ELBO within ${worst.toExponential(1)} nats`);
} catch (error) {
  failures.push(error.stack);
} finally {
  chromium.kill();
}
await new Promise((resolve) => chromium.once("exit", resolve));
fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
for (const text of failures) console.error("FAILED", text);
process.exit(failures.length ? 1 : 0);
