// A run in the page: its weights and tapes, images as the model sees them, and what is estimated of
// log p(x). No views here; this part runs without a browser (tests/page).
"use strict";

function bytesOf(base64) {
  const text = atob(base64), to = new Uint8Array(text.length);
  for (let i = 0; i < to.length; ++i) to[i] = text.charCodeAt(i);
  return to;
}
async function unpacked(base64) {
  const stream = new Blob([bytesOf(base64)]).stream();
  const inflated = stream.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}

// binary16 to binary32, exact
function fromHalves(high, lower) {
  const to = new Float32Array(high.length), bits = new Uint32Array(to.buffer);
  for (let i = 0; i < to.length; ++i) {
    const h = (high[i] << 8) | lower[i], exponent = h & 0x7c00, rest = h & 0x3ff;
    if (exponent) bits[i] = ((h & 0x8000) << 16) | ((exponent + 0x1c000) << 13) | (rest << 13);
    else to[i] = (h & 0x8000 ? -1 : 1) * rest * 2 ** -24;
  }
  return to;
}
// name -> {rows, columns, val}
async function weightsOf(base64, shapes) {
  const bytes = await unpacked(base64), n = bytes.length / 2;
  const all = fromHalves(bytes.subarray(0, n), bytes.subarray(n)), to = new Map();
  let at = 0;
  for (const [name, rows, columns] of shapes) {
    to.set(name, { rows, columns, val: all.subarray(at, at + rows * columns) });
    at += rows * columns;
  }
  return to;
}

// log 1/K Σ w of weights by their logarithms, one at a time, and the same for all K so far
class LogWeights {
  constructor() {
    this.largest = -Infinity, this.sum = 0, this.squares = 0, this.count = 0;
    this.path = []; // log_mean() after 1, 2, .. draws
  }
  add(logW) {
    if (logW > this.largest) {
      const shrink = Math.exp(this.largest - logW);
      this.sum *= shrink, this.squares *= shrink * shrink;
      this.largest = logW;
    }
    const w = Number.isFinite(this.largest) ? Math.exp(logW - this.largest) : 0;
    this.sum += w, this.squares += w * w, ++this.count;
    this.last = logW;
    this.path.push(this.logMean());
  }
  logMean() {
    return this.largest + Math.log(this.sum / this.count);
  }
  effectiveSampleSize() {
    return (this.sum * this.sum) / this.squares;
  }
  // of logMean(), to first order: √((K Σw² / (Σw)² − 1) / K)
  standardError() {
    return Math.sqrt(Math.max(0, (this.count / this.effectiveSampleSize() - 1) / this.count));
  }
}

const CHUNK = 50; // draws of z to a step of the stream (models/estimators.cpp)
const DRAWN = 0xffffffff; // the example that a drawn image counts as

class Run {
  static async open(json, images) {
    const run = new Run();
    run.json = json;
    run.seed = BigInt(json.seed);
    run.pixels = json.image.height * json.image.width * json.image.channels;
    run.images = json.images ? await unpacked(json.images) : images;
    run.count = json.rows.length;
    run.layers = json.layers;
    run.firsts = json.layers.map((_, l) => json.layers.slice(0, l).reduce((a, b) => a + b, 0));
    run.weights = run.inUse = await weightsOf(json.weights, json.parameters);
    const make = (program) => (program ? new Tape(program, run.weights) : null);
    run.infer = make(json.programs.infer); // of the image in view
    run.work = make(json.programs.infer); // of whatever is counted meanwhile
    run.decoders = json.programs.decode.map(make);
    run.generator = make(json.programs.generate);
    run.epochs = [];
    for (const e of json.epochs) run.epochs.push({ epoch: e.epoch, weights: null, packed: e.weights });
    return run;
  }
  tapes() {
    return [this.infer, this.work, ...this.decoders, this.generator].filter(Boolean);
  }
  // The weights of an epoch that was kept, by its place among them; the run's own after the last
  async weightsAt(place) {
    const e = this.epochs[place];
    return e ? (e.weights ??= await weightsOf(e.packed, this.json.parameters)) : this.weights;
  }
  use(weights) {
    this.inUse = weights;
    for (const tape of this.tapes()) tape.load(weights);
  }

  image(i) {
    return this.images.subarray(i * this.pixels, (i + 1) * this.pixels);
  }
  label(i) {
    return this.json.labels ? this.json.labels[i] : null;
  }
  // x as the model is shown it (lab/data/batches.hpp): bytes / 255, their threshold, 0 or 1 drawn by
  // them (of test images always by seed 1), or bytes
  seen(bytes, example) {
    const { binarize, binary, unit, draw } = this.json, x = new Float32Array(bytes.length);
    if (binary) for (let j = 0; j < x.length; ++j) x[j] = bytes[j] >= 128 ? 1 : 0; // 0 and 255 of the data, any of a drawing
    else if (binarize === "sample") {
      const u = uniforms(streamKey(1n, PURPOSE.binarize), { step: draw, example }, bytes.length);
      for (let j = 0; j < x.length; ++j) x[j] = f32(255 * u[j]) < bytes[j] ? 1 : 0;
    } else if (binarize === "threshold") for (let j = 0; j < x.length; ++j) x[j] = bytes[j] >= 128 ? 1 : 0;
    else for (let j = 0; j < x.length; ++j) x[j] = bytes[j] / 255;
    if (unit === 1) for (let j = 0; j < x.length; ++j) x[j] = Math.round(255 * x[j]);
    return x;
  }
  condition(label) {
    const y = new Float32Array(this.json.classes);
    if (y.length) y[Math.min(label || 0, y.length - 1)] = 1;
    return y;
  }
  // Its own picture of x, 0..1
  shown(x) {
    return this.json.unit === 1 ? x.map((v) => v / 255) : x;
  }

  // ε for each layer; draw 0 is the one of `vaegrad evaluate`, others are further particles.
  noise(example, particle = 0, step = this.json.draw, purpose = PURPOSE.evaluate) {
    const tape = purpose === PURPOSE.prior ? this.generator : this.infer;
    return tape.program.noise.map((n, k) =>
      normals(streamKey(this.seed, purpose, k), { step, example, particle }, n.columns));
  }
  // Whether the ε of the first image are the program's to the bit
  sameNoise() {
    const bits = this.infer.program.noise.map((n) => n.bits);
    return this.noise(this.json.rows[0]).every((e, k) => e.every((v, j) => bitsOf(v) === (bits[k][j] | 0)));
  }
  show(tape, x, label, noise) {
    if (x) tape.set("x", x);
    tape.set("y", this.condition(label));
    if (noise) noise.forEach((e, k) => tape.setNoise(k, e));
  }
  // The layers' places in a tape's noise: z₁'s first, whatever the order of their draws
  placesByLayer(tape) {
    const places = tape.program.noise;
    if (places.length < 2) return places;
    const up = tape !== this.generator && this.json.run.settings.hierarchy === "bottom-up";
    return up ? places : [...places].reverse();
  }
  // Of every latent: mean and log σ² of q where a Gaussian is on the tape, and z
  posterior(tape) {
    const to = { mean: [], logVariance: [], z: [...tape.get("z")] };
    for (const p of this.placesByLayer(tape))
      if (p.mean !== undefined) {
        to.mean.push(...tape.at(p.mean));
        to.logVariance.push(...tape.at(p.log_variance));
      }
    return to;
  }
  terms(tape) {
    const logLikelihood = tape.get("log_likelihood")[0], logRatio = tape.get("log_ratio")[0];
    const klPerLatent = tape.has("kl") ? [...tape.get("kl")] : null;
    const kl = klPerLatent ? klPerLatent.reduce((a, b) => a + b, 0) : -logRatio;
    return { logLikelihood, kl, klPerLatent, logRatio, elbo: logLikelihood - kl, logW: logLikelihood + logRatio };
  }
  // The ELBO of an image as `vaegrad evaluate --per-example` has it
  elbo(i) {
    const row = this.json.rows[i];
    this.show(this.work, this.seen(this.image(i), row), this.label(i), this.noise(row));
    return this.terms(this.work).elbo;
  }
  // Draws of log w for an image as `vaegrad evaluate --particles` has them: add(n) takes n more
  importance(bytes, example, label) {
    const weights = new LogWeights(), x = this.seen(bytes, example);
    return {
      weights,
      add: (n) => {
        this.show(this.work, x, label, null);
        for (let end = weights.count + n; weights.count < end; ) {
          const step = Math.floor(weights.count / CHUNK), particle = weights.count % CHUNK;
          this.noise(example, particle, step).forEach((e, k) => this.work.setNoise(k, e));
          const t = this.work;
          weights.add(t.get("log_likelihood")[0] + t.get("log_ratio")[0]);
        }
      },
    };
  }
  // Of the test images: the code without noise, the KL of each latent, z ~ q(z|x); some at a time
  *survey() {
    const codes = [], draws = [], kl = new Float64Array(this.json.latent);
    const places = this.work.program.noise, zero = places.map((n) => new Float32Array(n.columns));
    for (let i = 0; i < this.count; ++i) {
      const row = this.json.rows[i], x = this.seen(this.image(i), row);
      this.show(this.work, x, this.label(i), zero);
      codes.push(Float32Array.from(this.work.get("z")));
      this.noise(row).forEach((e, k) => this.work.setNoise(k, e));
      draws.push(Float32Array.from(this.work.get("z")));
      if (this.work.has("kl")) this.work.get("kl").forEach((v, j) => (kl[j] += v / this.count));
      yield i;
    }
    const n = codes.length, active = [];
    for (let j = 0; j < this.json.latent; ++j) {
      let sum = 0, squares = 0;
      for (const c of codes) sum += c[j] / n, squares += (c[j] * c[j]) / n;
      active.push(squares - sum * sum > 0.01); // Burda et al., arXiv 1509.00519, section 3
    }
    // How far z goes, rounded up: a prior's 4 standard deviations, or what is drawn of lower layers
    const far = [...kl].map((_, j) => Math.max(4, Math.ceil(1.05 * Math.max(...draws.map((d) => Math.abs(d[j]))))));
    return { codes, draws, kl: this.work.has("kl") ? [...kl] : null, active, far };
  }
  // E[x|z], 0..1, with the layers below `layer` at their means
  decode(z, label, layer = 0) {
    const tape = this.decoders[layer];
    tape.set("z", z);
    tape.set("y", this.condition(label));
    return tape.get("mean");
  }
  // z ~ p(z|y) number `k`, and E[x|z]
  generate(k, label) {
    this.show(this.generator, null, label, this.noise(k, 0, 1, PURPOSE.prior));
    return { z: this.generator.get("z"), mean: this.generator.get("mean") };
  }
}

async function openRuns(json) {
  const first = await Run.open(json[0], null), all = [first];
  for (const other of json.slice(1)) all.push(await Run.open(other, first.images));
  return all;
}
