// The space of codes: a map of two latents for each layer, ways between two images, samples.
"use strict";

const MAP_SPAN = 3.6; // a map shows −3.6 to 3.6, of lower layers all codes
const sameItems = (a, b) => a.length === b.length && a.every((v, k) => v === b[k]);

// E[x|z] over the plane of two latents: SIDE × SIDE images beside each other, some more in each frame
class Plane {
  static SIDE = 13;
  constructor(run, layer) {
    const { width, height } = run.json.image;
    this.run = run, this.layer = layer, this.of = [], this.done = 0;
    this.cell = imageCanvas(run.json.image, "");
    this.canvas = h("canvas", { width: Plane.SIDE * width, height: Plane.SIDE * height });
  }
  // of: all that the images depend on, [i, j, span, ..]; at(x, y): z there. Whether all of them are there.
  fill(of, at, label) {
    if (!sameItems(of, this.of)) (this.of = of), (this.done = 0);
    const n = Plane.SIDE, span = of[2], { image } = this.run.json, to = this.canvas.getContext("2d");
    for (const end = performance.now() + 8; this.done < n * n && performance.now() < end; ++this.done) {
      const u = this.done % n, v = Math.floor(this.done / n);
      const x = ((u + 0.5) / n) * 2 * span - span, y = span - ((v + 0.5) / n) * 2 * span;
      paint(this.cell, this.run.decode(at(x, y), label, this.layer), image);
      to.drawImage(this.cell, u * image.width, v * image.height);
    }
    return this.done === n * n;
  }
}

// Two latents of one layer: the codes of the test images by class, the prior, z itself. What lies
// under the pointer is decoded; a click or a drag moves z there; arrow keys do.
class CodeMap {
  constructor(run, layer, moved) {
    this.run = run, this.layer = layer, this.moved = moved;
    this.first = run.firsts[layer], this.size = run.layers[layer];
    this.axes = [0, Math.min(1, this.size - 1)], this.span = MAP_SPAN;
    this.survey = null, this.z = new Float32Array(run.json.latent), this.hovered = null;
    const axis = (k) => h("select", { "aria-label": k ? say`vertical axis` : say`horizontal axis`, onchange: (event) => this.choose(k, +event.target.value) });
    this.selects = [axis(0), axis(1)];
    this.canvas = h("canvas", { class: "map", tabindex: 0, role: "application", "aria-label": say`map of codes: arrow keys move z, the pointer decodes` });
    this.preview = imageCanvas(run.json.image, say`the image decoded under the pointer`, { class: "image preview" });
    this.preview.hidden = true;
    this.decodes = h("input", { type: "checkbox", onchange: () => this.drawSoon() });
    this.draws = h("input", { type: "checkbox", onchange: () => this.drawSoon() });
    const title = run.layers.length > 1 ? layer ? say`Layer ${layer + 1}, ${this.size} latents` : say`Layer ${layer + 1}, ${this.size} latents, next to x` : "";
    this.element = h("figure", { class: "codes" }, title ? h("figcaption", {}, title) : null,
      h("div", { class: "maparea" }, this.canvas, this.preview),
      h("div", { class: "row small" }, h("label", {}, "→ ", this.selects[0]), h("label", {}, "↑ ", this.selects[1]),
        h("label", { class: "tick" }, this.draws, say` z ~ q(z|x) against the prior`), h("label", { class: "tick" }, this.decodes, say` decode the plane`)));
    this.plane = new Plane(run, layer), this.under = document.createElement("canvas"), this.underOf = [];
    this.drawSoon = onceAFrame(() => this.draw());
    this.hoverSoon = onceAFrame(() => this.hover());
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.goTo(event);
      event.preventDefault();
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.dragging) return this.goTo(event);
      this.hovered = this.place(event);
      this.hoverSoon();
    });
    for (const end of ["pointerup", "pointercancel"])
      this.canvas.addEventListener(end, () => (this.dragging = false));
    this.canvas.addEventListener("pointerleave", () => {
      this.hovered = null;
      this.preview.hidden = true;
    });
    this.canvas.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 0.5 : 0.1;
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
      if (!by) return;
      event.preventDefault(), event.stopPropagation();
      const [i, j] = this.columns();
      moved(i === j ? [[i, this.z[i] + by[0] + by[1]]] : [[i, this.z[i] + by[0]], [j, this.z[j] + by[1]]], this.layer);
    });
  }
  columns() {
    return this.axes.map((a) => this.first + a);
  }
  // With the survey: the two latents of largest KL, or of the widest codes
  order(survey) {
    this.survey = survey;
    if (this.layer < this.run.layers.length - 1)
      this.span = Math.max(MAP_SPAN, ...survey.far.slice(this.first, this.first + this.size));
    const spread = (j) => {
      if (survey.kl) return survey.kl[j];
      const mean = survey.codes.reduce((a, c) => a + c[j], 0) / survey.codes.length;
      return survey.codes.reduce((a, c) => a + (c[j] - mean) ** 2, 0);
    };
    const best = [...Array(this.size).keys()].sort((a, b) => spread(this.first + b) - spread(this.first + a));
    if (!this.chosen) this.axes = [best[0], best[Math.min(1, this.size - 1)]];
    this.selects.forEach((select, k) => {
      select.replaceChildren(...best.map((j) => h("option", { value: j, selected: j === this.axes[k] }, `z${this.run.layers.length > 1 ? `${this.layer + 1},` : ""}${j + 1}`)));
    });
    this.drawSoon();
  }
  choose(k, axis) {
    this.chosen = true;
    this.axes[k] = axis;
    this.drawSoon();
  }
  side() {
    return this.canvas.clientWidth || 300;
  }
  X(v) {
    return ((v + this.span) / (2 * this.span)) * this.side();
  }
  Y(v) {
    return ((this.span - v) / (2 * this.span)) * this.side();
  }
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 2 * this.span - this.span, this.span - ((event.clientY - box.top) / box.height) * 2 * this.span];
  }
  goTo(event) {
    const [x, y] = this.place(event), [i, j] = this.columns();
    this.preview.hidden = true;
    this.moved(i === j ? [[i, x]] : [[i, x], [j, y]], this.layer);
  }
  at(x, y) {
    const z = Float32Array.from(this.z), [i, j] = this.columns();
    z[j] = y, z[i] = x;
    return z;
  }
  hover() {
    if (!this.hovered || this.dragging) return;
    const [x, y] = this.hovered;
    paint(this.preview, this.run.decode(this.at(x, y), this.label, this.layer), this.run.json.image);
    this.preview.hidden = false;
    const left = this.X(x), top = this.Y(y), side = this.side();
    this.preview.style.left = `${left > side / 2 ? left - 92 : left + 12}px`;
    this.preview.style.top = `${top > side / 2 ? top - 92 : top + 12}px`;
  }
  show(z, label) {
    this.z = z, this.label = label;
    this.drawSoon();
  }
  draw() {
    const side = this.side(), to = sharp(this.canvas, side, side), [i, j] = this.columns();
    if (this.decodes.checked) {
      const others = this.z.map((v, k) => (k === i || k === j ? 0 : v));
      if (!this.plane.fill([i, j, this.span, this.label, this.run.inUse, ...others], (x, y) => this.at(x, y), this.label)) this.drawSoon();
      to.imageSmoothingEnabled = false;
      to.drawImage(this.plane.canvas, 0, 0, side, side);
    }
    to.drawImage(this.layerUnder(side, i, j), 0, 0, side, side);
    const x = this.X(this.z[i]), y = this.Y(this.z[j]);
    to.strokeStyle = themeColour("--paper"), to.lineWidth = 5, to.beginPath(), to.arc(x, y, 7, 0, 7), to.stroke();
    to.strokeStyle = themeColour("--accent"), to.lineWidth = 2.5, to.beginPath(), to.arc(x, y, 7, 0, 7), to.stroke();
  }
  // What lies under z: axes, prior and codes, drawn again only when one of them has changed
  layerUnder(side, i, j) {
    const of = [side, window.devicePixelRatio, i, j, this.span, this.survey, this.draws.checked, themeColour("--paper")];
    if (sameItems(of, this.underOf)) return this.under;
    this.underOf = of;
    const to = sharp(this.under, side, side);
    to.strokeStyle = themeColour("--line"), to.lineWidth = 1;
    to.beginPath(), to.moveTo(0, this.Y(0)), to.lineTo(side, this.Y(0));
    to.moveTo(this.X(0), 0), to.lineTo(this.X(0), side), to.stroke();
    if (this.run.json.standard_normal && this.layer === this.run.layers.length - 1) {
      to.strokeStyle = themeColour("--quiet"), to.setLineDash([4, 4]); // the prior: 1, 2 and 3 standard deviations
      for (const r of [1, 2, 3]) to.beginPath(), to.arc(this.X(0), this.Y(0), this.X(r) - this.X(0), 0, 7), to.stroke();
      to.setLineDash([]);
    }
    if (this.survey) {
      const points = this.draws.checked ? this.survey.draws : this.survey.codes;
      points.forEach((c, k) => {
        to.fillStyle = classColour(this.run.label(k)), to.globalAlpha = 0.8;
        to.beginPath(), to.arc(this.X(c[i]), this.Y(c[j]), 2.6, 0, 7), to.fill();
      });
      to.globalAlpha = 1;
      if (this.draws.checked) this.drawMargins(to, side, i, j);
    }
    return this.under;
  }
  // Along each axis: how the z ~ q(z|x) of all test images lie, and N(0, 1)
  drawMargins(to, side, i, j) {
    const density = (column, v) => {
      const width = 0.2; // of a Gaussian kernel
      let sum = 0;
      for (const d of this.survey.draws) sum += Math.exp(-0.5 * ((v - d[column]) / width) ** 2);
      return sum / (this.survey.draws.length * width * Math.sqrt(2 * Math.PI));
    };
    const normal = (v) => Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI), high = side / 7;
    const curve = (f, place, colour, dash) => {
      to.strokeStyle = colour, to.lineWidth = 1.5, to.setLineDash(dash), to.beginPath();
      for (let s = 0; s <= 90; ++s) {
        const v = -this.span + (2 * this.span * s) / 90, [x, y] = place(v, f(v));
        s ? to.lineTo(x, y) : to.moveTo(x, y);
      }
      to.stroke(), to.setLineDash([]);
    };
    const below = (v, p) => [this.X(v), side - 1 - high * p * 2], left = (v, p) => [1 + high * p * 2, this.Y(v)];
    curve((v) => density(i, v), below, themeColour("--accent"), []);
    curve((v) => density(j, v), left, themeColour("--accent"), []);
    curve(normal, below, themeColour("--quiet"), [4, 4]);
    curve(normal, left, themeColour("--quiet"), [4, 4]);
  }
}

// From the code of one image to that of another, on a straight line
class Way {
  constructor(run) {
    this.run = run, this.ends = [null, null], this.steps = 9;
    this.cells = Array.from({ length: this.steps }, (_, k) => imageCanvas(run.json.image, say`step ${k + 1} of the way`));
    this.slider = h("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0.5, "aria-label": say`place on the way`, oninput: () => this.place() });
    this.big = imageCanvas(run.json.image, say`the image at this place of the way`, { class: "image middle" });
    this.element = h("div", { class: "way" }, h("div", { class: "strip nine" }, ...this.cells), h("div", { class: "row" }, this.slider, this.big));
  }
  codeOf(tape, x, label) {
    this.run.show(tape, x, label, tape.program.noise.map((n) => new Float32Array(n.columns)));
    return Float32Array.from(tape.get("z"));
  }
  show(from, to) {
    const [a, b] = [from, to].map(({ x, label }) => this.codeOf(this.run.work, x, label));
    this.ends = [a, b], this.label = from.label;
    this.cells.forEach((cell, k) => this.paintAt(cell, k / (this.steps - 1)));
    this.place();
  }
  paintAt(canvas, t) {
    const [a, b] = this.ends;
    paint(canvas, this.run.decode(a.map((v, j) => v + t * (b[j] - v)), this.label), this.run.json.image);
  }
  place() {
    if (this.ends[0]) this.paintAt(this.big, +this.slider.value);
  }
}

// E[x|z] of z ~ p(z), or a row for each class of a conditional model
class Samples {
  constructor(run) {
    this.run = run, this.first = 0;
    const classes = run.json.classes, per = classes ? 6 : 20;
    this.names = classes ? run.json.trained_classes : [0];
    this.cells = this.names.map(() => Array.from({ length: per }, () => imageCanvas(run.json.image, say`a sample`)));
    const rows = this.cells.map((cells, i) => h("div", { class: classes ? "classrow" : "strip ten" }, classes ? h("span", { class: "name" }, labelName(run, this.names[i])) : null, ...cells));
    this.element = h("div", { class: "samples" }, ...(run.generator ? rows : [h("p", { class: "note" }, say`Samples are left out: ${run.json.programs.no_generate}.`)]),
      run.generator ? h("button", { type: "button", onclick: () => ((this.first += per), this.draw()) }, say`Draw others`) : null);
  }
  draw() {
    if (!this.run.generator) return;
    this.cells.forEach((cells, i) => cells.forEach((cell, k) => paint(cell, this.run.generate(this.first + k, this.names[i]).mean, this.run.json.image)));
  }
}
