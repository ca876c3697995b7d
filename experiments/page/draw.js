// What is drawn on: elements, images on canvases, the pad that one draws on, and colours.
"use strict";

// h("p", {class: "note", onclick: f}, "text", child, ..)
function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

// A number with a true minus sign
function nats(x, digits = 2) {
  return Number.isFinite(x) ? x.toFixed(digits).replace("-", "−") : "·";
}

// Ten classes that also a reader who sees no red or green tells apart, lightest last; more repeat.
const CLASS_COLOURS = ["#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#8a8d91"];
const classColour = (label) => (label === null ? "#8a8d91" : CLASS_COLOURS[label % CLASS_COLOURS.length]);
// A colour of the theme in force, looked up once: a browser asked for a style settles the whole page's
const themeColours = new Map(); // emptied with the theme
function themeColour(name) {
  if (!themeColours.has(name)) themeColours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return themeColours.get(name);
}

// An image of numbers 0..1 on a canvas of its own pixels, which CSS enlarges.
function imageCanvas(image, label, extra = {}) {
  return h("canvas", { width: image.width, height: image.height, role: "img", "aria-label": label, class: "image", ...extra });
}
function paint(canvas, values, image, scale = 1) {
  const to = canvas.getContext("2d"), data = (canvas.pixels ??= to.createImageData(image.width, image.height));
  for (let p = 0; p < image.width * image.height; ++p)
    for (let c = 0; c < 4; ++c)
      data.data[4 * p + c] = c === 3 ? 255 : 255 * scale * values[p * image.channels + (image.channels === 3 ? c : 0)];
  to.putImageData(data, 0, 0);
}
// A canvas as sharp as the screen; its context draws in CSS pixels.
function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const to = canvas.getContext("2d");
  to.setTransform(ratio, 0, 0, ratio, 0, 0);
  to.clearRect(0, 0, width, height);
  return to;
}
// Once per frame, however often it is asked for.
function onceAFrame(f) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      f();
    });
  };
}

// The pad: the image in view, on which one draws with a soft round brush where it is grey.
class Pad {
  constructor(image, changed) {
    this.image = image, this.changed = changed, this.erasing = false;
    this.bytes = new Uint8Array(image.width * image.height * image.channels);
    this.canvas = imageCanvas(image, say`the image x; draw on it`, { class: "image pad", tabindex: 0 });
    if (image.channels !== 1) return;
    const move = (event) => {
      if (!this.last) return;
      const place = this.place(event);
      this.stroke(this.last, place);
      this.last = place;
      event.preventDefault();
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.last = this.place(event);
      this.stroke(this.last, this.last);
      event.preventDefault();
    });
    this.canvas.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"])
      this.canvas.addEventListener(end, () => (this.last = null));
  }
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.image.width, ((event.clientY - box.top) / box.height) * this.image.height];
  }
  stroke([x0, y0], [x1, y1]) {
    const { width, height } = this.image, radius = Math.max(1.1, width / 22);
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 0.5));
    for (let s = 0; s <= steps; ++s) {
      const x = x0 + ((x1 - x0) * s) / steps, y = y0 + ((y1 - y0) * s) / steps;
      for (let i = Math.max(0, Math.floor(y - radius - 1)); i < Math.min(height, y + radius + 1); ++i)
        for (let j = Math.max(0, Math.floor(x - radius - 1)); j < Math.min(width, x + radius + 1); ++j) {
          const ink = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(j + 0.5 - x, i + 0.5 - y)));
          const at = i * width + j, was = this.bytes[at];
          this.bytes[at] = this.erasing ? Math.min(was, 255 * (1 - ink)) : Math.max(was, 255 * ink);
        }
    }
    this.paint();
    this.changed();
  }
  set(bytes) {
    this.bytes.set(bytes);
    this.paint();
  }
  clear() {
    this.bytes.fill(0);
    this.paint();
    this.changed();
  }
  paint() {
    paint(this.canvas, this.bytes, this.image, 1 / 255);
  }
}
