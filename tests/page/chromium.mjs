// Headless Chromium by its DevTools protocol over a pipe: one page, its mouse, fingers and keys, and all that it says or
// asks for meanwhile.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const CODES = { Tab: 9, Enter: 13, " ": 32, End: 35, Home: 36, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };

export class Browser {
  constructor() {
    this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-"));
    this.process = spawn("chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
      "--remote-debugging-pipe", `--user-data-dir=${this.profile}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const [, , , to, from] = this.process.stdio;
    this.to = to, this.waiting = new Map(), this.heard = [], this.last = 0, this.session = undefined;
    let left = Buffer.alloc(0);
    from.on("data", (bytes) => {
      left = Buffer.concat([left, bytes]);
      for (let end; (end = left.indexOf(0)) >= 0; left = left.subarray(end + 1)) {
        const message = JSON.parse(left.subarray(0, end));
        if (message.id) this.waiting.get(message.id)(message), this.waiting.delete(message.id);
        else this.heard.push(message);
      }
    });
  }
  send(method, params = {}) {
    const id = ++this.last;
    this.to.write(JSON.stringify({ id, method, params, ...(this.session ? { sessionId: this.session } : {}) }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, (m) => (m.error ? reject(new Error(`${method}: ${m.error.message}`)) : resolve(m.result))));
  }
  // The file in a window of 1340 × 900, once it is ready; its milliseconds to the first image
  async open(file, ready = "document.documentElement && document.documentElement.dataset.ready") {
    this.url = "file://" + path.resolve(file);
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
    await this.send("Emulation.setScrollbarsHidden", { hidden: true });
    await this.size(1340, 900, false);
    await this.send("Page.navigate", { url: this.url });
    await this.until(ready, "the page to be ready");
    return this.value(`+(${ready})`);
  }
  // From here on the words are those of the frame that shows the file; its place is asked for by the page around it.
  async enter(name) {
    const { frameTree } = await this.send("Page.getFrameTree");
    const frame = frameTree.childFrames.find((f) => f.frame.url.endsWith(name)).frame.id;
    const contexts = this.heard.filter((m) => m.method === "Runtime.executionContextCreated").map((m) => m.params.context);
    this.context = contexts.findLast((c) => c.auxData.frameId === frame && c.auxData.isDefault).id;
  }
  async close() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.session = undefined;
    this.send("Browser.close").catch(() => {}); // killed, it leaves helpers behind that still write to its profile
    const late = setTimeout(() => this.process.kill(), 10000);
    await gone;
    clearTimeout(late);
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 20 });
  }

  async value(expression) {
    const where = this.context ? { contextId: this.context } : {};
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true, ...where });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description || exceptionDetails.text}`);
    return result.value;
  }
  async until(expression, what, seconds = 90) {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await pause(50)) if (await this.value(expression)) return;
    throw new Error(`waited ${seconds} s for ${what}`);
  }
  frame() { // two, so that what a first one asked for is done
    return this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
  }
  // Scrolled into view: {x, y} of its middle, {width, height}
  middleOf(selector) {
    return this.value(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "center" });
      const b = e.getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2, width: b.width, height: b.height }; })()`);
  }
  focus(selector) {
    return this.value(`document.activeElement.blur(), document.querySelector(${JSON.stringify(selector)}).focus(), 1`);
  }
  mouse(type, x, y, buttons = 0) {
    return this.send("Input.dispatchMouseEvent", { type, x, y, buttons, button: type === "mouseMoved" && !buttons ? "none" : "left", clickCount: 1 });
  }
  async click(selector) {
    const { x, y } = await this.middleOf(selector);
    await this.mouse("mousePressed", x, y, 1), await this.mouse("mouseReleased", x, y);
    await this.frame();
  }
  // Pressed at the first of the places, let go at the last
  async drag(places) {
    const [x0, y0] = places[0], [x1, y1] = places[places.length - 1];
    await this.mouse("mousePressed", x0, y0, 1);
    for (const [x, y] of places) await this.mouse("mouseMoved", x, y, 1);
    await this.mouse("mouseReleased", x1, y1);
    await this.frame();
  }
  async touch(places) {
    const point = ([x, y]) => [{ x, y }];
    await this.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: point(places[0]) });
    for (const place of places) await this.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: point(place) });
    await this.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await this.frame();
  }
  async press(key, modifiers = 0) {
    const text = key.length === 1 ? { text: key } : key === "Enter" ? { text: "\r" } : {};
    const code = CODES[key] || key.toUpperCase().charCodeAt(0);
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, modifiers, ...text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, modifiers });
    await this.frame();
  }
  size(width, height, mobile) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
  }
  theme(value) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }
  async shot(file) {
    const { cssContentSize } = await this.send("Page.getLayoutMetrics");
    const clip = { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, 6000), scale: 1 };
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }
  // Exceptions, words on the console, and requests but for the file itself, or for what else may be asked
  complaints(may = (url) => url === this.url) {
    const all = [];
    for (const { method, params } of this.heard) {
      if (method === "Runtime.exceptionThrown") all.push(`exception: ${params.exceptionDetails.exception?.description}`);
      if (method === "Runtime.consoleAPICalled") all.push(`console: ${JSON.stringify(params.args)}`);
      if (method === "Log.entryAdded") all.push(`log: ${params.entry.text}`);
      if (method === "Network.requestWillBeSent" && !/^(data:|about:)/.test(params.request.url) && !may(params.request.url)) all.push(`request: ${params.request.url}`);
    }
    return all;
  }
}

// What a test expects; report() says what was not so and ends the program.
export class Checks {
  failures = [];
  count = 0;
  expect(ok, text) {
    ++this.count;
    if (!ok) this.failures.push(text);
  }
  async run(browser, steps, may) {
    try {
      await steps();
      this.failures.push(...browser.complaints(may));
    } catch (error) {
      this.failures.push(error.stack);
    } finally {
      await browser.close();
    }
  }
  report() {
    for (const text of this.failures) console.error("FAILED", text);
    process.exit(this.failures.length ? 1 : 0);
  }
}
