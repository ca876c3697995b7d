// Chapter 5's figure in the book, in headless Chromium: what the text below the pictures tells the reader to do, does what
// it says. A latent of large KL turns the boot into something else, the grey one into nothing; R moves the ELBO and leaves
// the KL; more draws raise the bound to log p(x). Nothing outside of the book's folder is asked for.
//
//   node figure.mjs BOOK_FOLDER [FOLDER for screenshots]
import fs from "node:fs";
import path from "node:path";
import { Browser, Checks } from "./chromium.mjs";

const [folder, shots] = process.argv.slice(2);
const browser = new Browser(), checks = new Checks();
const value = (expression) => browser.value(expression), expect = (ok, text) => checks.expect(ok, text);
const shot = async (name) => { // of the window
  if (shots) fs.writeFileSync(path.join(shots, `${name}.png`), Buffer.from((await browser.send("Page.captureScreenshot", { format: "png" })).data, "base64"));
};
const view = "page.views[0]", pixels = () => value(`(() => { const from = ${view}.mean, to = imageCanvas(page.runs[0].json.image, "").getContext("2d", { willReadFrequently: true });
  to.drawImage(from, 0, 0);
  return [...to.getImageData(0, 0, from.width, from.height).data].filter((_, k) => k % 4 === 0); })()`);
const difference = (a, b) => a.reduce((sum, v, k) => sum + Math.abs(v - b[k]), 0) / a.length / 255;
let said = "";

// The knob of the latent in place `row` of the list, dragged to both ends: how far E[x|z] goes, a pixel
async function dragged(row) {
  await value("page.pick(0), 1");
  const before = await pixels(), slider = `.latent:nth-child(${row + 1}) input`;
  const { name, at, far } = await value(`(() => { const e = document.querySelector(${JSON.stringify(slider)});
    return { name: e.closest(".latent").querySelector(".name").textContent, at: +e.value, far: +e.max }; })()`);
  let most = 0;
  for (const end of [-0.9, 0.9]) {
    await value("page.pick(0), 1");
    const box = await middleOf(slider), from = box.x + (at / far / 2) * (box.width - 14), to = box.x + (end / 2) * (box.width - 14);
    await browser.drag(Array.from({ length: 20 }, (_, k) => [from + ((to - from) * k) / 19, box.y]));
    const z = await value(`+document.querySelector(${JSON.stringify(slider)}).value`);
    expect(Math.abs(z / far - end) < 0.05, `${name}, dragged to ${end} of its way, is at ${z} of ${far}`);
    most = Math.max(most, difference(before, await pixels()));
  }
  return { name, most };
}
// In the window, of what stands in the frame
async function middleOf(selector) {
  const inside = await browser.middleOf(selector), context = browser.context;
  browser.context = undefined;
  const frame = await value('(() => { const b = document.querySelector("iframe.alive").getBoundingClientRect(); return { x: b.x, y: b.y }; })()');
  browser.context = context;
  return { ...inside, x: inside.x + frame.x, y: inside.y + frame.y };
}

async function figure() {
  await browser.open(path.join(folder, "05-vae-on-images.html"), 'document.readyState === "complete" && !!document.querySelector("iframe.alive")');
  await value('document.querySelector("iframe.alive").scrollIntoView({ block: "center" }), 1');
  for (const end = Date.now() + 60000; Date.now() < end; await browser.frame()) {
    const { frameTree } = await browser.send("Page.getFrameTree");
    if (frameTree.childFrames?.some((f) => f.frame.url.endsWith("-page.html"))) break;
  }
  await new Promise((done) => setTimeout(done, 500));
  await browser.enter("05-vae-on-images-page.html");
  await browser.until("document.documentElement.dataset.ready", "the figure");
  await browser.until(`${view}.check.dataset.worst`, "the figure's own comparison");
  expect((await value(`+${view}.check.dataset.worst`)) < 1e-3, "the figure's numbers are not the program's");
  await shot("figure");

  const rows = await value(`[...document.querySelectorAll(".latent")].map((e) => e.classList.contains("dead"))`);
  const strong = [await dragged(0), await dragged(1)], grey = await dragged(rows.lastIndexOf(true));
  expect(strong.map((s) => s.name).sort().join() === "z2,z8", `the latents of largest KL are ${strong.map((s) => s.name)}, not z8 and z2 as in the text`);
  for (const { name, most } of strong) expect(most > 0.1, `dragging ${name} changes E[x|z] by ${most} a pixel only`);
  expect(rows.includes(true) && grey.most < 0.02, `dragging the grey ${grey.name} changes E[x|z] by ${grey.most} a pixel`);

  await value("page.pick(0), 1");
  const elbos = [], kls = [];
  for (let draw = 0; draw < 10; ++draw) {
    const { elbo, kl } = await value(`({ elbo: ${view}.current.elbo, kl: ${view}.current.kl })`);
    elbos.push(elbo), kls.push(kl);
    await value("document.activeElement.blur(), 1");
    await browser.press("r");
  }
  const spread = Math.max(...elbos) - Math.min(...elbos);
  expect(spread > 1 && spread < 50, `ten draws of ε move the ELBO by ${spread} nats`);
  expect(new Set(kls).size === 1, `another ε changes the KL: ${kls}`);

  await value("page.pick(0), 1");
  const bound = async (lg) => {
    await value(`(() => { const e = ${view}.evidence; e.slider.value = ${lg}; e.slider.dispatchEvent(new Event("input")); })()`);
    await browser.until(`!${view}.evidence.running`, "draws");
    return value(`({ k: ${view}.evidence.importance.weights.count, log: ${view}.evidence.importance.weights.logMean(), own: page.runs[0].json.own.log_px[0] })`);
  };
  const many = await bound(3.3);
  expect(many.k >= 1900 && Math.abs(many.log - many.own) < 3, `of ${many.k} draws log p(x) is ${many.log}, the program says ${many.own}`);
  expect(many.log > elbos.reduce((a, b) => a + b) / elbos.length, "the bound of many draws is below the ELBO");
  await middleOf(".latent"), await shot("figure-dragged");
  const cut = await value('[...document.querySelectorAll(".card *")].filter((e) => e.getBoundingClientRect().right > e.closest(".card").getBoundingClientRect().right && !e.closest(".thumbs")).map((e) => e.className || e.tagName).join()');
  expect(!cut, `in the frame stands out of its card: ${cut}`);
  await browser.size(390, 844, true);
  await middleOf(".latent"); // what is not seen, draws no frames
  await new Promise((done) => setTimeout(done, 300));
  expect((await value("document.documentElement.scrollWidth")) <= 390, "on a phone the figure is wider than the window");
  await middleOf(".latent"), await shot("figure-390");
  said = `${strong.map((s) => `${s.name} changes E[x|z] by ${s.most.toFixed(2)} a pixel`).join(", ")}, the grey ${grey.name} by ${grey.most.toFixed(4)}; ` +
    `R moves the ELBO over ${spread.toFixed(1)} nats, the KL stays; ${many.k} draws: ${many.log.toFixed(2)} from an ELBO of ${(elbos.reduce((a, b) => a + b) / elbos.length).toFixed(2)}`;
}

const within = "file://" + path.resolve(folder) + "/";
await checks.run(browser, figure, (url) => url.startsWith(within));
console.log(`chapter 5's figure: ${said}, ${checks.count} checks`);
checks.report();
