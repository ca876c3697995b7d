// A page in headless Chromium: it loads without a word on the console and without a request, agrees with the program, and
// answers to mouse, keys and fingers; at 390 pixels nothing stands out of the window. Prints its size, how long the first
// image took, a move of z, and frames per second in which a code that is dragged was another.
//
//   node browser.mjs PAGE.html [FOLDER for screenshots]
import fs from "node:fs";
import path from "node:path";
import { Browser, Checks } from "./chromium.mjs";

const [page, shots] = process.argv.slice(2);
const browser = new Browser(), checks = new Checks();
const value = (expression) => browser.value(expression), expect = (ok, text) => checks.expect(ok, text);
const shot = async (name) => {
  if (!shots) return;
  await value("scrollTo(0, 0)");
  await browser.frame();
  await browser.shot(path.join(shots, `${name}.png`));
};
const z = () => value("[...page.views[0].at.z].join()");
const mean = () => value("page.views[0].mean.toDataURL()");
const elbo = () => value("page.views[0].current.elbo");
const quiet = () => browser.until("!page.views.some((v) => v.evidence.running)", "log p(x)");
const surveyed = () => browser.until("page.views.every((v) => v.surveyed)", "the codes of all test images");
const around = (box, radius, count) => Array.from({ length: count }, (_, k) =>
  [Math.round(box.x + box.width * radius * Math.sin(k / 10)), Math.round(box.y + box.height * radius * Math.cos(k / 10))]);
let said = "";

async function loads() {
  const ready = await browser.open(page);
  await browser.until("page.views.every((v) => v.check.dataset.worst)", "the page's own comparison");
  const worst = await value("Math.max(...page.views.map((v) => +v.check.dataset.worst))");
  expect(worst < 1e-3, `the page is ${worst} nats from the program`);
  expect(await value('page.views.every((v) => v.check.dataset.epsilon === "true")'), "ε differs from the program's");
  await quiet();
  await shot("1340");
  said = `first image after ${ready} ms, ELBO within ${worst.toExponential(1)} nats`;
}

// A drag over the map takes z and what is decoded along; how quickly
async function drags() {
  const map = await browser.middleOf(".map"), image = await mean(), before = await z();
  await value(`(() => { let last = "", shown = 0; window.counting = true; window.began = performance.now();
    (function f() { const now = page.views[0].at.z.join(); if (now !== last) ++shown, (last = now);
      window.fps = (1000 * shown) / (performance.now() - began); if (counting) requestAnimationFrame(f); })(); return 1; })()`);
  await browser.drag(around(map, 0.35, 150));
  const fps = await value("counting = false, fps");
  expect((await z()) !== before, "dragging does not move z");
  expect((await mean()) !== image, "dragging decodes nothing");
  const [x, y] = around(map, 0.35, 150)[149], m = "page.views[0].maps[0]";
  const off = await value(`(() => { const { at, rows } = page.views[0], m = ${m}, [i, j] = m.columns(), [x, y] = m.place({ clientX: ${x}, clientY: ${y} });
    const far = (k, v) => Math.abs(at.z[k] - Math.max(-rows.far[k], Math.min(rows.far[k], v)));
    return Math.max(far(i, x), i === j ? 0 : far(j, y)); })()`);
  expect(off < 1e-5, `z is ${off} from where it was dragged to`);
  const work = await value("(() => { const v = page.views[0], t = performance.now(); for (let k = 0; k < 40; ++k) v.move([[0, k / 40]], v.layerOf(0)); return (performance.now() - t) / 40; })()");
  const forward = await value(`(() => { const { run, page: { state } } = page.views[0], t = performance.now();
    for (let k = 0; k < 20; ++k) run.show(run.work, run.seen(run.image(k % run.count), run.json.rows[k % run.count]), state.label, run.noise(k)), run.work.get("mean");
    return (performance.now() - t) / 20; })()`);
  said += `, ${forward.toFixed(1)} ms x to E[x|z], ${work.toFixed(1)} ms for a move of z, ${fps.toFixed(0)} frames/s while dragging`;
  await value("page.pick(0), 1");
  // a slider's knob
  const slider = await browser.middleOf(".latent input"), at = await value('+document.querySelector(".latent input").value');
  await browser.drag([0.5, 0.6, 0.7, 0.8].map((t) => [slider.x + (t - 0.5) * slider.width, slider.y]));
  const to = await value('+document.querySelector(".latent input").value'), far = await value('+document.querySelector(".latent input").max');
  expect(to !== at && Math.abs(to - 0.6 * far) < 0.15 * far, `a slider dragged to 0.8 of its way is at ${to} of ${far}`);
  expect(await value("page.views[0].byHand && !page.views[0].back.disabled"), "a slider that is dragged moves no z");
  await value("page.views[0].back.click(), 1");
  expect(await value("!page.views[0].byHand"), "there is no way back to z ~ q(z|x)");
}

// The image under the pointer is the decoder's of that place, and z stays
async function hovers() {
  const map = await browser.middleOf(".map"), kept = await z(), x = Math.round(map.x - map.width / 4), y = Math.round(map.y - map.height / 8);
  await browser.mouse("mouseMoved", x, y);
  await browser.frame();
  expect(await value('!document.querySelector(".preview").hidden'), "hovering shows no image");
  expect((await z()) === kept, "hovering moves z");
  const same = await value(`(() => { const m = page.views[0].maps[0], { image } = m.run.json, canvas = imageCanvas(image, "");
    paint(canvas, m.run.decode(m.at(...m.place({ clientX: ${x}, clientY: ${y} })), m.label, m.layer), image);
    return canvas.toDataURL() === m.preview.toDataURL(); })()`);
  expect(same, "hovering shows another image than the decoder's");
  await browser.mouse("mouseMoved", map.x - map.width, map.y - map.height);
  await browser.frame();
  expect(await value('document.querySelector(".preview").hidden'), "the image stays when the pointer has left");
}

// "decode the plane": cell by cell the decoder's images; a drag on the same map leaves them, another latent does not
async function decodesThePlane() {
  const box = ".codes label:last-child input", before = await value("page.views[0].maps[0].canvas.toDataURL()"), m = "page.views[0].maps[0]";
  await browser.click(box);
  await browser.until(`${m}.plane.done === 169`, "the plane");
  await browser.frame();
  expect((await value(`${m}.canvas.toDataURL()`)) !== before, "a decoded plane changes nothing");
  const wrong = await value(`(() => { const m = ${m}, { image } = m.run.json, n = 13, canvas = imageCanvas(image, ""); let wrong = 0;
    for (const k of [0, 12, 84, 100, 168]) {
      const u = k % n, v = Math.floor(k / n), [x, y] = [(u + 0.5) / n, (v + 0.5) / n].map((t) => (2 * t - 1) * m.span);
      const cut = imageCanvas(image, "");
      cut.getContext("2d").drawImage(m.plane.canvas, -u * image.width, -v * image.height);
      paint(canvas, m.run.decode(m.at(x, -y), m.label, m.layer), image);
      if (canvas.toDataURL() !== cut.toDataURL()) ++wrong;
    }
    return wrong; })()`);
  expect(wrong === 0, `${wrong} of 5 images of the plane are not the decoder's`);
  await shot("plane");
  const map = await browser.middleOf(".map");
  await browser.drag(around(map, 0.2, 8));
  expect((await value(`${m}.plane.done`)) === 169, "a drag over its own plane decodes it anew");
  if ((await value("page.views[0].run.json.latent")) > 2) {
    await value(`(() => { const v = page.views[0], j = v.at.z.findIndex((_, k) => !${m}.columns().includes(k)); v.move([[j, v.at.z[j] + 1]], v.layerOf(j)); return 1; })()`);
    await browser.frame();
    expect(await value(`sameItems(${m}.plane.of.slice(5), [...${m}.z.map((v, k) => (${m}.columns().includes(k) ? 0 : v))])`), "a plane does not heed the other latents");
  }
  await browser.until(`${m}.plane.done === 169`, "the plane");
  await browser.click(box);
  await value("page.pick(0), 1");
  // z ~ q(z|x) in place of the means
  const means = await value(`${m}.canvas.toDataURL()`);
  await browser.click(".codes label:nth-last-child(2) input");
  expect((await value(`${m}.canvas.toDataURL()`)) !== means, "draws of z look like their means");
  await browser.click(".codes label:nth-last-child(2) input");
}

// A line drawn on the pad is another image
async function draws() {
  if ((await value("page.runs[0].json.image.channels")) !== 1) return;
  const pad = await browser.middleOf(".pad"), before = await elbo();
  await browser.drag(Array.from({ length: 13 }, (_, k) => [pad.x + pad.width * (k / 24 - 0.25), pad.y + pad.height * (k / 24 - 0.25)]));
  expect((await value("page.state.index")) === -1, "drawing leaves the test image in view");
  expect((await elbo()) !== before, "drawing does not change the ELBO");
  await browser.focus(".pad");
  await browser.press("c");
  expect(await value("page.pad.bytes.every((b) => b === 0)"), "C does not clear");
}

async function answersToKeys() {
  await value("document.activeElement.blur(), page.pick(0), 1");
  await browser.press("ArrowRight");
  expect((await value("page.state.index")) === 1, "→ does not go to the next image");
  await browser.press("ArrowLeft");
  expect((await value("page.state.index")) === 0, "← does not go back");
  await browser.press("r");
  expect((await value("page.state.particle")) === 1, "R does not resample");
  await browser.press("ArrowRight"), await browser.press("g");
  expect((await value("page.goal")) === 1, "G does not mark the goal");
  await browser.focus(".latent input");
  const at = await value('document.querySelector(".latent input").value');
  await browser.press("ArrowRight");
  expect((await value('document.querySelector(".latent input").value')) !== at && (await value("page.views[0].byHand")), "a slider does not answer to →");
  expect((await value("page.state.index")) === 1, "→ on a slider goes to another image");
  await browser.focus(".map");
  const point = await z();
  await browser.press("ArrowUp");
  expect((await z()) !== point, "the map does not answer to ↑");
  await browser.focus(".thumb:nth-child(4)");
  await browser.press("Enter");
  expect((await value("page.state.index")) === 3, "Enter does not pick an image");
  if ((await value("page.views[0].maps[0].size")) > 1) { // letters choose an axis
    const axis = ".codes select", other = await value(`[...document.querySelector("${axis}").options].find((o) => !o.selected).text`);
    await browser.focus(axis);
    for (const letter of other) await browser.press(letter);
    expect((await value(`document.querySelector("${axis}").selectedOptions[0].text`)) === other && (await value(`page.views[0].maps[0].axes[0] === +document.querySelector("${axis}").value`)), `typing ${other} does not choose the axis`);
  }
  // Tab comes by everything that answers
  await value('document.activeElement.blur(), scrollTo(0, 0), window.seen = new Set(), document.addEventListener("focusin", (e) => seen.add(e.target)), 1');
  const reachable = 'button, input, select, summary, [tabindex="0"]';
  const all = await value(`[...document.querySelectorAll('${reachable}')].filter((e) => !e.disabled && e.checkVisibility()).length`);
  for (let k = 0; k < all + 2; ++k) {
    const tab = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 };
    await browser.send("Input.dispatchKeyEvent", { type: "keyDown", ...tab }), await browser.send("Input.dispatchKeyEvent", { type: "keyUp", ...tab });
  }
  const missed = await value(`[...document.querySelectorAll('${reachable}')].filter((e) => !e.disabled && e.checkVisibility() && !seen.has(e)).map((e) => e.outerHTML.slice(0, 60)).join("; ")`);
  expect(!missed, `Tab does not reach ${missed}`);
  const unnamed = await value('[...document.querySelectorAll("button, input, select, canvas")].filter((e) => !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim() || e.title)).length');
  expect(unnamed === 0, `${unnamed} controls have no name`);
}

// Earlier epochs are other weights; at the end it is the run again, also when one went there and back at once
async function goesThroughTraining() {
  if (!(await value('!!document.querySelector(".epochs input")'))) return;
  await value("page.pick(0), 1");
  const at = 'document.querySelector(".epochs input").value', end = await elbo(), image = await mean(), last = await value(at);
  const codes = await value("page.views[0].surveyed.codes[0].join()");
  await browser.focus(".epochs input");
  await browser.press("Home");
  await browser.until("page.views[0].atEnd === false", "the first epoch");
  const first = await elbo();
  expect((await value(at)) === "0" && first < end, `after the first epoch the ELBO is ${first}, ${end} at the end`);
  expect((await mean()) !== image, "an earlier epoch decodes the same");
  expect((await value('document.querySelector(".epochs output").textContent')) === (await value("`epoch ${page.runs[0].epochs[0].epoch}`")), "the slider does not say which epoch it is");
  await browser.until(`page.views[0].surveyed.codes[0].join() !== "${codes}"`, "the map of an earlier epoch");
  await shot("epoch");
  await value(`(() => { const e = document.querySelector(".epochs input"), run = page.runs[0];
    for (const epoch of run.epochs) epoch.weights = null; // as if none had been unpacked
    for (const place of [0, ${last}]) (e.value = place), e.dispatchEvent(new Event("input"));
    return 1; })()`);
  await browser.until("page.views[0].atEnd === true", "the end");
  await new Promise((done) => setTimeout(done, 300));
  expect((await elbo()) === end && (await value("page.runs[0].inUse === page.runs[0].weights")), "there and back at once leaves other weights");
  await browser.until(`page.views[0].surveyed.codes[0].join() === "${codes}"`, "the map of the end");
}

// Of a conditional model the class that it is told is another image; K is heeded
async function answersToChoices() {
  if (await value("!!page.labels")) {
    const image = await mean();
    await value('(() => { const s = page.labels.querySelector("select"); s.value = (+s.value + 1) % s.options.length; s.dispatchEvent(new Event("change")); return 1; })()');
    expect((await mean()) !== image, "another class is the same image");
    await value("page.pick(0), 1");
  }
  await value('(() => { const e = page.views[0].evidence; e.slider.value = 2.7; e.slider.dispatchEvent(new Event("input")); })()');
  await browser.until("!page.views[0].evidence.running", "500 draws");
  expect((await value("page.views[0].evidence.importance.weights.count")) >= 500, "K is not heeded");
  const ids = await value('[...document.querySelectorAll("[id]")].map((e) => e.id)');
  expect(new Set(ids).size === ids.length, "an id twice");
}

async function isDark() {
  await value("page.pick(0), 1");
  const map = await value("page.views[0].maps[0].canvas.toDataURL()");
  await browser.theme("dark");
  await browser.frame();
  await quiet();
  expect(await value('getComputedStyle(document.body).backgroundColor !== "rgb(244, 245, 247)"'), "dark is light");
  await browser.frame();
  expect((await value("page.views[0].maps[0].canvas.toDataURL()")) !== map, "the map keeps its colours in the dark");
  await shot("1340-dark");
  await browser.theme("light");
}

// 390 pixels and a finger
async function fitsAPhone() {
  await browser.size(390, 844, true);
  await browser.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  await browser.frame();
  await new Promise((done) => setTimeout(done, 300));
  const wide = await value("document.documentElement.scrollWidth");
  expect(wide <= 390, `${wide} pixels wide on a phone of 390`);
  const out = await value('[...document.querySelectorAll(".card, .card *")].filter((e) => e.getBoundingClientRect().right > 390.5 && !e.closest(".thumbs")).map((e) => e.className || e.tagName).join()');
  expect(!out, `beyond a phone: ${out}`);
  await shot("390");
  await browser.theme("dark");
  await browser.frame();
  await shot("390-dark");
  await browser.theme("light");
  const map = await browser.middleOf(".map"), before = await z(), top = () => value('document.querySelector(".map").getBoundingClientRect().top'), stood = await top();
  await browser.touch([[map.x, map.y], [map.x + 10, map.y + 20], [map.x + 30, map.y + 60]]);
  expect((await z()) !== before, "a finger on the map moves no z");
  expect(Math.abs((await top()) - stood) < 1, "the map moves away from the finger on it");
  await browser.send("Emulation.setTouchEmulationEnabled", { enabled: false });
  await browser.send("Emulation.setEmulatedMedia", { media: "print" });
  await browser.frame();
  await shot("print");
}

await checks.run(browser, async () => {
  for (const step of [loads, drags, hovers, decodesThePlane, draws, answersToKeys, goesThroughTraining, answersToChoices, isDark, fitsAPhone]) {
    await step();
    await surveyed();
  }
});
console.log(`${path.basename(page)}: ${(fs.statSync(page).size / 1e6).toFixed(2)} MB, ${said}, ${checks.count} checks`);
checks.report();
