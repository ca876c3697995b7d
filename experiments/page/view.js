// The page: the image in view, the runs beside it, keys.
"use strict";

class Page {
  constructor(runs) {
    this.runs = runs;
    const run = runs[0];
    this.state = { index: 0, bytes: run.image(0), example: run.json.rows[0], label: run.label(0), particle: 0 };
    this.goal = Math.min(1, run.count - 1);
    this.changedSoon = onceAFrame(() => this.see());
    this.pad = new Pad(run.json.image, () => {
      Object.assign(this.state, { index: -1, bytes: this.pad.bytes, example: DRAWN, particle: 0 });
      this.changedSoon();
    });
    this.views = runs.map((r) => new RunView(r, this));
    document.documentElement.lang = WORDS[LANGUAGE] ? LANGUAGE : "en";
    document.title = say`A variational autoencoder`;
    document.body.classList.toggle("pair", runs.length > 1);
    document.body.append(this.header(), h("main", {}, this.input(), h("div", { class: "runs" }, ...this.views.map((v) => v.element))), this.footer());
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("resize", onceAFrame(() => this.redraw()));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.pick(0);
    requestAnimationFrame(() => { // the image first
      for (const v of this.views) v.samples.draw(), v.survey();
    });
  }
  header() {
    const theme = () => {
      const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      this.redraw();
    };
    return h("header", { class: "top" }, h("h1", {}, say`Inside a variational autoencoder`),
      h("p", {}, say`Everything here is computed in your browser with the weights of a trained model: pick or draw an image, see what the encoder believes of it, move through the code.`),
      h("button", { type: "button", class: "theme", "aria-label": say`light or dark`, onclick: theme }, "◐"));
  }
  input() {
    const run = this.runs[0], count = Math.min(run.count, 60);
    this.thumbs = Array.from({ length: count }, (_, i) => {
      const name = run.label(i) === null ? say`test image ${run.json.rows[i]}` : say`${labelName(run, run.label(i))}, test image ${run.json.rows[i]}`;
      const canvas = imageCanvas(run.json.image, name);
      paint(canvas, run.image(i), run.json.image, 1 / 255);
      return h("button", { type: "button", class: "thumb", title: name, onclick: (event) => (event.shiftKey ? this.aim(i) : this.pick(i)) }, canvas);
    });
    this.says = h("p", { class: "note" });
    const erase = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
      this.pad.erasing = !this.pad.erasing;
      erase.setAttribute("aria-pressed", this.pad.erasing);
    } }, say`Erase`);
    this.labels = run.json.classes || this.runs.some((r) => r.json.classes)
      ? h("label", {}, "y = ", h("select", { "aria-label": say`the class that the model is given`, onchange: (event) => ((this.state.label = +event.target.value), this.see()) },
          ...[...new Set(this.runs.flatMap((r) => r.json.trained_classes))].sort((a, b) => a - b).map((c) => h("option", { value: c }, labelName(run, c))))) : null;
    const grey = run.json.image.channels === 1;
    return h("section", { class: "card input" }, h("h2", {}, grey ? say`Draw, or pick an image` : say`Pick an image`), this.pad.canvas,
      h("div", { class: "row" }, grey ? h("button", { type: "button", onclick: () => this.pad.clear() }, say`Clear `, h("kbd", {}, "C")) : null, grey ? erase : null,
        h("button", { type: "button", "aria-label": say`previous image`, onclick: () => this.step(-1) }, "←"), h("button", { type: "button", "aria-label": say`next image`, onclick: () => this.step(1) }, "→"),
        h("button", { type: "button", onclick: () => this.aim(Math.max(0, this.state.index)) }, say`Mark as goal `, h("kbd", {}, "G"))), this.labels, this.says,
      h("div", { class: "thumbs" }, ...this.thumbs));
  }
  footer() {
    return h("footer", {}, h("p", {}, say`Keys: `, h("kbd", {}, "←"), " ", h("kbd", {}, "→"), say` images, `, h("kbd", {}, "R"), say` resample, `, h("kbd", {}, "C"), say` clear, `, h("kbd", {}, "G"),
      say` goal; on a map the arrows move z. Made by `, h("code", {}, "vaegrad page"), say`; nothing is loaded from anywhere.`));
  }
  pick(index) {
    const run = this.runs[0];
    Object.assign(this.state, { index, bytes: run.image(index), example: run.json.rows[index], label: run.label(index), particle: 0 });
    this.pad.set(this.state.bytes);
    this.see();
  }
  step(by) {
    const n = this.runs[0].count;
    this.pick((Math.max(0, this.state.index) + by + n) % n);
  }
  aim(index) {
    this.goal = index;
    this.see();
  }
  resample() {
    ++this.state.particle;
    for (const v of this.views) v.see();
    this.speak();
  }
  speak() {
    const { index, example, label, particle } = this.state, run = this.runs[0];
    const what = index < 0 ? say`Your own drawing` : label === null ? say`Test image ${example}` : say`Test image ${example}, ${labelName(run, label)}`;
    this.says.textContent = say`${what}; ${particle ? say`resample ${particle} of ε` : index < 0 ? say`its first ε` : say`the ε of vaegrad evaluate`}.`;
    this.thumbs.forEach((t, i) => {
      t.classList.toggle("picked", i === index);
      t.classList.toggle("goal", i === this.goal);
      t.setAttribute("aria-pressed", i === index);
    });
    if (this.labels && label !== null) this.labels.querySelector("select").value = label;
  }
  see() {
    for (const v of this.views) {
      v.see();
      const goal = { x: v.run.seen(v.run.image(this.goal), v.run.json.rows[this.goal]), label: v.run.label(this.goal) };
      v.way.show({ x: v.seenX, label: this.state.label }, goal);
    }
    this.speak();
  }
  redraw() {
    themeColours.clear();
    for (const v of this.views) {
      for (const m of v.maps) m.drawSoon();
      v.evidence.draw();
    }
  }
  key(event) {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), r: () => this.resample(), c: () => this.runs[0].json.image.channels === 1 && this.pad.clear(), g: () => this.aim(Math.max(0, this.state.index)) }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) act(), event.preventDefault();
  }
}

async function start() {
  const json = JSON.parse(document.getElementById("runs").textContent);
  try {
    window.page = new Page(await openRuns(json));
    const painted = () => (document.documentElement.dataset.ready = Math.round(performance.now()));
    requestAnimationFrame(() => requestAnimationFrame(painted)); // when the frame of the first image is there
  } catch (error) {
    document.body.append(h("main", {}, h("section", { class: "card" }, h("h2", {}, say`This browser cannot show the page`), h("p", {}, say`${error.message} It needs DecompressionStream: Chrome 80, Firefox 113, Safari 16.4 or later.`))));
    throw error;
  }
}
if (typeof document !== "undefined") start();
