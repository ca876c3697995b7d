// What a run says of one image: q(z|x) latent by latent, the ELBO term by term, log p(x) by importance
// sampling, and each formula beside its value and the line that computes it.
"use strict";

const SPAN = 4; // sliders go from −4 to 4, where no z of a test image is farther

// A row for each latent: its band μ ± σ, its mean, z as a slider, its KL. Largest mean KL first.
class LatentRows {
  constructor(run, moved) {
    this.run = run;
    this.element = h("div", { class: "latents" });
    this.rows = [], this.far = Array(run.json.latent).fill(SPAN);
    for (let j = 0; j < run.json.latent; ++j) {
      const band = h("span", { class: "band" }), mean = h("span", { class: "mean" });
      const bar = h("span", { class: "bar" }), kl = h("output", { class: "nats" }, "");
      const slider = h("input", {
        type: "range", min: -SPAN, max: SPAN, step: 0.01, value: 0, "aria-label": say`latent ${j + 1}`,
        oninput: () => moved(j, +slider.value),
      });
      const name = h("span", { class: "name" }, this.nameOf(j));
      const element = h("div", { class: "latent" }, name, h("span", { class: "track" }, band, mean, slider), h("span", { class: "meter" }, bar, kl));
      this.rows.push({ element, band, mean, bar, kl, slider });
      this.element.append(element);
    }
  }
  nameOf(j) {
    const { layers, firsts } = this.run, l = layers.length - 1 - [...firsts].reverse().findIndex((f) => j >= f);
    const e = h("span", {}, "z", h("sub", {}, layers.length > 1 ? `${l + 1},${j - firsts[l] + 1}` : `${j + 1}`));
    return e;
  }
  // Once the survey of the test images is done
  order({ kl, active, far }) {
    this.far = far;
    this.rows.forEach(({ slider }, j) => ((slider.min = -far[j]), (slider.max = far[j])));
    const places = this.rows.map((_, j) => j);
    if (kl) places.sort((a, b) => kl[b] - kl[a]);
    for (const j of places) {
      this.rows[j].element.classList.toggle("dead", !active[j]);
      this.rows[j].element.title = `${active[j] ? "" : say`not used: its mean is the same for every image. `}${say`mean KL over the test images here ${kl ? nats(kl[j], 3) : "·"} nats`}`;
      this.element.append(this.rows[j].element);
    }
  }
  show({ mean, logVariance }, klPerLatent, z) {
    const percent = (v, far) => Math.min(100, Math.max(0, (100 * (v + far)) / (2 * far)));
    const most = klPerLatent ? Math.max(1, ...klPerLatent) : 1;
    this.rows.forEach((row, j) => {
      const known = j < mean.length, sigma = known ? Math.exp(0.5 * logVariance[j]) : 0;
      row.band.hidden = row.mean.hidden = !known;
      if (known) {
        const far = this.far[j], from = percent(mean[j] - sigma, far), to = percent(mean[j] + sigma, far);
        row.band.style.left = `${from}%`;
        row.band.style.width = `${Math.max(0.4, to - from)}%`;
        row.mean.style.left = `${percent(mean[j], far)}%`;
      }
      row.q = known ? `, q: ${nats(mean[j])} ± ${nats(sigma)}` : "";
      row.bar.style.width = klPerLatent ? `${(100 * Math.max(0, klPerLatent[j])) / most}%` : "0";
      row.kl.textContent = klPerLatent ? nats(klPerLatent[j]) : "";
      row.z = NaN;
    });
    this.place(z);
  }
  // z alone, as while it is dragged: of rows whose z stays nothing is touched
  place(z) {
    this.rows.forEach((row, j) => {
      if (row.z === z[j]) return;
      row.z = z[j];
      if (document.activeElement !== row.slider || Math.abs(row.slider.value - z[j]) > 0.006) row.slider.value = z[j];
      row.slider.setAttribute("aria-valuetext", `${nats(z[j])}${row.q}`);
    });
  }
}

// log p(x|z) − KL = ELBO, as numbers and as a bar of what it costs in nats
class Terms {
  constructor(run) {
    this.run = run;
    this.cells = {};
    const line = (key, label, note, sign) => {
      this.cells[key] = h("output", {}, "·");
      return h("div", { class: `term ${key}` }, h("span", { class: "sign" }, sign), h("span", { class: "label" }, label), this.cells[key], h("small", {}, note));
    };
    this.cost = { reconstruction: h("span", { class: "part reconstruction" }), kl: h("span", { class: "part kl" }) };
    this.note = h("p", { class: "note" });
    this.element = h("div", { class: "terms" },
      line("logLikelihood", "log p(x|z)", say`how well z explains x`, ""),
      line("kl", "KL(q(z|x) ‖ p(z))", say`what the code costs`, "−"),
      line("elbo", "ELBO", "≤ log p(x)", "="),
      h("div", { class: "cost", "aria-hidden": "true" }, this.cost.reconstruction, this.cost.kl), this.note);
  }
  show(terms, says) {
    for (const key of ["logLikelihood", "kl", "elbo"]) this.cells[key].textContent = nats(terms[key]);
    const all = Math.abs(terms.logLikelihood) + Math.max(0, terms.kl) || 1;
    this.cost.reconstruction.style.width = `${(100 * Math.abs(terms.logLikelihood)) / all}%`;
    this.cost.kl.style.width = `${(100 * Math.max(0, terms.kl)) / all}%`;
    this.note.replaceChildren(...says);
  }
}

// The importance weighted estimate as draws come in: K on a slider
class Evidence {
  constructor(run) {
    this.run = run, this.most = 200, this.importance = null;
    this.slider = h("input", {
      type: "range", min: 0, max: 3.7, step: 0.01, value: Math.log10(this.most), "aria-label": say`K, draws of z`,
      oninput: () => {
        this.most = Math.max(1, Math.round(10 ** this.slider.value));
        this.slider.setAttribute("aria-valuetext", this.most);
        this.draw();
        this.go();
      },
    });
    this.k = h("output", {}, ""), this.value = h("output", { class: "large" }, "·"), this.note = h("p", { class: "note" });
    this.canvas = h("canvas", { class: "chart", role: "img", "aria-label": say`log p(x) as draws of z come in` });
    this.element = h("div", { class: "evidence" },
      h("div", { class: "row" }, h("label", {}, "K = ", this.k, say` draws of z ~ q(z|x)`), this.slider),
      h("div", { class: "row" }, h("span", {}, "log p(x) ≈ "), this.value), this.canvas,
      h("ul", { class: "legend" }, h("li", {}, h("i", { class: "evidencekey" }), "log 1/K Σ w"), h("li", {}, h("i", { class: "elbokey" }), say`1/K Σ log w, the ELBO`), h("li", {}, h("i", { class: "ownkey" }), say`the program`)), this.note);
  }
  start(bytes, example, label, own) {
    this.importance = this.run.importance(bytes, example, label);
    this.sums = [0], this.own = own;
    this.go();
  }
  // A few milliseconds of draws in each frame, until there are K
  go() {
    if (this.running) return;
    this.running = true;
    const step = () => {
      const { weights } = this.importance, end = performance.now() + 7;
      while (weights.count < this.most && performance.now() < end) {
        this.importance.add(1);
        this.sums.push(this.sums[weights.count - 1] + weights.last);  // of log w: their mean is the ELBO
      }
      this.draw();
      if (weights.count < this.most) requestAnimationFrame(step);
      else this.running = false;
    };
    requestAnimationFrame(step);
  }
  draw() {
    if (!this.importance) return;
    const { weights } = this.importance, K = Math.min(this.most, weights.count);
    this.k.textContent = `${this.most}`;
    if (!K) return;
    const at = (k) => weights.path[k - 1], mean = (k) => this.sums[k] / k;
    this.value.textContent = nats(at(K));
    const parts = [say`${nats(at(K) - mean(K))} nats above the ELBO of the same draws`];
    if (K === weights.count && K > 1) parts.push(say`Monte Carlo error ${nats(weights.standardError())}, effective draws ${nats(weights.effectiveSampleSize(), 1)} of ${K}`);
    if (this.own !== null) parts.push(say`the program, on its own weights, K = 100: ${nats(this.own)}`);
    this.note.textContent = parts.join(say`; `) + say`.`;

    const width = this.canvas.clientWidth || 320, height = 150, to = sharp(this.canvas, width, height);
    const left = 46, right = 8, top = 10, bottom = 22, end = Math.max(2, this.most);
    const points = [];
    for (let k = 1; k <= K; k = Math.max(k + 1, Math.round(k * 1.04))) points.push(k);
    if (points[points.length - 1] !== K) points.push(K);
    let low = Infinity, high = -Infinity;
    for (const k of points)
      for (const v of [at(k), mean(k)]) low = Math.min(low, v), high = Math.max(high, v);
    if (this.own !== null) low = Math.min(low, this.own), high = Math.max(high, this.own);
    const pad = Math.max(0.5, 0.1 * (high - low));
    low -= pad, high += pad;
    const X = (k) => left + ((width - left - right) * Math.log(k)) / Math.log(end);
    const Y = (v) => top + ((height - top - bottom) * (high - v)) / (high - low);
    to.font = "11px system-ui, sans-serif", to.fillStyle = to.strokeStyle = themeColour("--quiet");
    to.textAlign = "right", to.textBaseline = "middle";
    const step = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => (high - low) / s <= 5) || 2000;
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      to.fillText(nats(v, step < 1 ? 1 : 0), left - 5, Y(v));
      to.globalAlpha = 0.25, to.beginPath(), to.moveTo(left, Y(v)), to.lineTo(width - right, Y(v)), to.stroke(), (to.globalAlpha = 1);
    }
    to.textAlign = "center", to.textBaseline = "top";
    for (let k = 1; k <= end; k *= 10) to.fillText(k === 1 ? "K = 1" : `${k}`, X(k) + (k === 1 ? 12 : 0), height - bottom + 6);
    const line = (f, colour, thick) => {
      to.strokeStyle = colour, to.lineWidth = thick, to.beginPath();
      points.forEach((k, i) => (i ? to.lineTo(X(k), Y(f(k))) : to.moveTo(X(k), Y(f(k)))));
      to.stroke();
    };
    if (this.own !== null) {
      to.strokeStyle = themeColour("--quiet"), to.setLineDash([3, 3]), to.beginPath();
      to.moveTo(left, Y(this.own)), to.lineTo(width - right, Y(this.own)), to.stroke(), to.setLineDash([]);
    }
    line(mean, themeColour("--kl"), 1.5);
    line(at, themeColour("--accent"), 2.5);
    if (this.changed) this.changed(at(K));
  }
}

// Formula, value, entry of the tape, line of C++. The lines are the program's: tests/page looks for them.
const SOURCES = {
  z: ["z = μ + σ ⊙ ε", "repeat_rows(mean, particles) + exp(0.5 * repeat_rows(log_variance, particles)) * e", "models/distributions.hpp"],
  kl: ["KL = ½ Σ (μ² + σ² − 1 − log σ²)", "return 0.5 * (square(q.mean) + expm1(q.log_variance) - q.log_variance);", "models/distributions.hpp"],
  log_ratio: ["log p(z) − log q(z|x)", "return log_p - log_q;", "models/inference/draw.cpp"],
  bernoulli: ["log p(x|z) = Σ x l − log(1 + eˡ)", "return row_sums(x * logits - softplus(logits));", "models/distributions.hpp"],
  gaussian: ["log p(x|z) = Σ −½ ((x−μ)/s)² − log s − ½ log 2π", "return row_sums(-0.5 * square((x.rows() - location) * inverse) - log_scale - 0.5 * log_2pi);", "models/likelihoods/gaussian.cpp"],
  evidence: ["log p(x) ≈ log 1/K Σₖ p(x|zₖ) p(zₖ) / q(zₖ|x)", "double log_mean() const { return largest_ + std::log(sum_ / double(count_)); }", "models/estimators.hpp"],
};
class Formulas {
  constructor(run) {
    this.run = run, this.cells = {};
    const { settings } = run.json.run, tape = run.infer;
    const add = (key, output, value, other) => {
      const [formula, line, file] = SOURCES[key] || other;
      const cell = h("output", {}, "·");
      this.cells[key || output] = [cell, value];
      const entry = output && tape.has(output) ? `%${tape.program.outputs[output]} = ${tape.text(output)}` : null;
      return h("div", { class: "formula" }, h("span", { class: "maths" }, formula), cell,
        entry ? h("code", { class: "entry" }, entry) : null,
        line ? h("code", { class: "line" }, line, h("small", {}, file)) : null);
    };
    const gaussianKl = settings.posterior === "gaussian" && run.json.standard_normal && run.layers.length === 1;
    this.element = h("div", { class: "formulas" },
      add("z", "z", (v) => `z₁ = ${nats(v.z[0], 3)}`),
      add(gaussianKl ? "kl" : "", "kl", (v) => nats(v.terms.kl, 3), [say`KL(q(z|x) ‖ p(z)), summed over the latents`, null, null]),
      add(settings.likelihood, "log_likelihood", (v) => nats(v.terms.logLikelihood, 3), ["log p(x|z)", null, null]),
      add("log_ratio", "log_ratio", (v) => nats(v.terms.logRatio, 3)),
      add("evidence", null, (v) => nats(v.evidence, 3)));
  }
  show(values) {
    for (const key of Object.keys(this.cells)) if (key !== "evidence") this.set(key, values);
  }
  set(key, values) {
    const [cell, value] = this.cells[key];
    cell.textContent = value(values);
  }
}
