// What one run makes of the image in view.
"use strict";

const FASHION = [say`T-shirt`, say`trouser`, say`pullover`, say`dress`, say`coat`, say`sandal`, say`shirt`, say`sneaker`, say`bag`, say`boot`];
function labelName(run, label) {
  const names = run.json.label_names || (run.json.run.settings.data === "fashion-mnist" ? FASHION : null);
  return names && names[label] !== undefined ? names[label] : `${label}`;
}
const card = (title, note, ...children) => h("section", { class: "card" }, h("h2", {}, title), note ? h("p", { class: "note" }, note) : null, ...children);

// One run beside the image
class RunView {
  constructor(run, page) {
    this.run = run, this.page = page, this.byHand = false;
    const { image, run: about } = run.json, s = about.settings;
    this.rows = new LatentRows(run, (j, v) => this.move([[j, v]], this.layerOf(j)));
    this.terms = new Terms(run);
    this.evidence = new Evidence(run);
    this.maps = run.layers.map((_, l) => new CodeMap(run, l, (moves, layer) => this.move(moves, layer)));
    this.way = new Way(run);
    this.samples = new Samples(run);
    this.formulas = new Formulas(run);
    this.evidence.changed = (value) => this.formulas.set("evidence", { evidence: value });
    this.x = imageCanvas(image, say`x as the model is shown it`), this.mean = imageCanvas(image, say`E[x|z], what the decoder makes of z`);
    this.where = h("p", { class: "note where" });
    this.back = h("button", { type: "button", onclick: () => this.see() }, say`Back to z ~ q(z|x)`);
    this.at = { z: new Float32Array(run.json.latent) };
    const binarized = { sample: say`its pixels drawn as 0 or 1`, threshold: say`its pixels above one half`, none: say`grey` }[run.json.binarize];
    const layers = run.layers.length > 1 ? say`${run.layers.join(", ")} latents` : say`${run.json.latent} latents`;
    this.element = h("article", { class: "run" },
      h("header", { class: "runname" }, h("h2", {}, about.name), h("p", { class: "note" }, `${s.model}, ${s.network}, ${layers}, ${s.objective}${+s.beta !== 1 ? ` β = ${s.beta}` : ""}`)),
      this.epochs(),
      h("section", { class: "card through" },
        h("figure", {}, this.x, h("figcaption", {}, say`x, ${binarized}`)),
        h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
        h("figure", {}, this.mean, h("figcaption", {}, "E[x|z]")),
        h("div", { class: "beside" }, this.terms.element, h("div", { class: "row" },
          h("button", { type: "button", onclick: () => page.resample() }, say`Resample ε `, h("kbd", {}, "R")), this.back), this.where)),
      this.columns(),
      card(say`Formula, value, tape, line`, say`The page replays the program's tape: entries as it records them, and the C++ behind.`, this.formulas.element),
      this.provenance());
  }
  // Two columns. Samples and ways stand where less is above them, beside another run always on the right.
  columns() {
    const { classes, latent } = this.run.json, layers = this.run.layers.length;
    const left = h("div", { class: "stack" },
      card(say`q(z|x), latent by latent`, say`Band: μ ± σ. Slider: z, to be dragged. Right: KL in nats. Grey: not used.`, this.rows.element),
      card(say`log p(x), by importance sampling`, say`The bound of K draws rises to log p(x) as K does.`, this.evidence.element));
    const right = h("div", { class: "stack" },
      card(say`The code as a map`, say`Test images by class; dashed circles are the prior. Hover decodes, drag moves z.`, h("div", { class: "maps" }, ...this.maps.map((m) => m.element)), this.legend()));
    const heights = this.page.runs.length > 1 ? [Infinity, 0] : [430 + 28 * Math.min(latent, 26), 620 * layers];
    const put = (height, element) => {
      const k = heights[0] < heights[1] ? 0 : 1;
      heights[k] += height;
      element.classList.add("later");
      [left, right][k].append(element);
    };
    put(classes ? 110 + 60 * classes : 220, card(say`Samples`, classes ? say`z ~ p(z|y), a row for each class y.` : say`z ~ p(z), decoded.`, this.samples.element));
    put(250, card(say`From here to another image`, say`Between the codes of the image in view and of the one marked as goal.`, this.way.element));
    return h("div", { class: "two" }, left, right);
  }
  layerOf(j) {
    let l = 0;
    while (l + 1 < this.run.layers.length && j >= this.run.firsts[l + 1]) ++l;
    return l;
  }
  legend() {
    if (!this.run.json.labels) return null;
    const labels = [...new Set(this.run.json.labels)].sort((a, b) => a - b);
    if (labels.length > 20) return null;
    return h("ul", { class: "legend" }, ...labels.map((l) => {
      const dot = h("i", {});
      dot.style.background = classColour(l);
      return h("li", {}, dot, labelName(this.run, l));
    }));
  }
  epochs() {
    const { epochs } = this.run, last = this.run.json.run.epoch;
    // beside a run that has a slider, an empty place keeps what follows side by side
    if (!epochs.length) return this.page.runs.some((r) => r.epochs.length) ? h("section", { class: "card epochs empty" }, h("label", {}, "\u00a0")) : null;
    const says = h("output", {}, say`epoch ${last}, the end`);
    const slider = h("input", { type: "range", min: 0, max: epochs.length, step: 1, value: epochs.length, "aria-label": say`epoch`,
      oninput: async () => {
        const place = +slider.value, end = place === epochs.length;
        says.textContent = end ? say`epoch ${last}, the end` : say`epoch ${epochs[place].epoch}`;
        slider.setAttribute("aria-valuetext", says.textContent);
        const weights = await this.run.weightsAt(place);
        if (+slider.value !== place) return; // it went on while they were unpacked
        this.run.use(weights);
        this.atEnd = end, this.surveying = null;
        this.see();
        this.samples.draw();
        clearTimeout(this.later);
        this.later = setTimeout(() => this.survey(), 250);
      } });
    return h("section", { class: "card epochs" }, h("label", {}, say`Through training: `), slider, says);
  }
  provenance() {
    const { run: about, own, image, rows } = this.run.json, s = about.settings;
    const e = about.evaluation || own.nll;
    const row = (name, ...value) => [h("dt", {}, name), h("dd", {}, ...value)];
    const files = Object.entries(about.data_sha256).map(([name, sum]) => h("div", {}, `${name} `, h("code", {}, `sha256 ${sum}`)));
    this.check = h("dd", {}, "…");
    return h("section", { class: "card" }, h("h2", {}, say`Where this comes from`), h("dl", { class: "provenance" },
      ...row(say`Program`, say`vaegrad ${about.summary_version || about.version}, ${about.parameters.toLocaleString("en")} weights, here in 16 bits`),
      ...row(say`Data`, say`${s.data}, ${image.height} × ${image.width}${image.channels > 1 ? " × 3" : ""}, ${s.binarize ? `--binarize ${s.binarize}, ` : ""}${rows.length} test images here`, ...files),
      ...row(say`Seed`, s.seed),
      ...(about.summary_test_elbo !== undefined ? row(say`Test ELBO`, say`${nats(about.summary_test_elbo)} nats, all test images, the run's own weights`) : []),
      ...row("NLL", say`${nats(e.nll)} nats, ± ${nats(e.nll_standard_error, 3)} from drawing z, ± ${nats(e.nll_standard_error_examples)} from the choice of ${e.examples} images, K = ${e.particles}`),
      h("dt", {}, say`This page`), this.check,
      ...row(say`Settings`, h("details", {}, h("summary", {}, say`all of them`), h("code", {}, Object.entries(s).map(([k, v]) => `${k} = ${v}`).join("\n"))))));
  }
  // Against what the program said of these weights, and of the run's own
  compare() {
    const { json } = this.run, n = Math.min(json.rows.length, 50);
    let worst = 0, change = 0;
    for (let i = 0; i < n; ++i) {
      worst = Math.max(worst, Math.abs(this.run.elbo(i) - json.rounded.elbo[i]));
      change += Math.abs(json.rounded.elbo[i] - json.own.elbo[i]) / n;
    }
    const same = this.run.sameNoise();
    const about = say`ELBO of ${n} images within ${worst.toExponential(0)} nats of the program's on the same 16 bits, which are ${nats(change, 4)} from those of the run's own weights`;
    this.check.textContent = same ? say`${about}; its ε are the program's to the bit.` : say`${about}; its ε differ from the program's in their last bits.`;
    this.check.dataset.worst = worst;
    this.check.dataset.epsilon = same;
  }
  // The codes of all test images, some in each frame
  survey() {
    const survey = this.run.survey(), mine = (this.surveying = {});
    const step = () => {
      if (this.surveying !== mine) return;
      const end = performance.now() + 8;
      for (;;) {
        const next = survey.next();
        if (next.done) {
          this.surveyed = next.value;
          this.rows.order(next.value);
          for (const m of this.maps) m.order(next.value);
          this.showCode();
          if (this.atEnd !== false && !this.check.dataset.worst) this.compare();
          return;
        }
        if (performance.now() > end) return void requestAnimationFrame(step);
      }
    };
    requestAnimationFrame(step);
  }
  // The image in view, with z ~ q(z|x)
  see() {
    const { bytes, example, label, particle } = this.page.state, run = this.run;
    this.byHand = false;
    this.seenX = run.seen(bytes, example);
    run.show(run.infer, this.seenX, label, run.noise(example, particle));
    paint(this.x, run.shown(this.seenX), run.json.image);
    this.q = run.posterior(run.infer);
    this.at.z = Float32Array.from(this.q.z);
    paint(this.mean, run.infer.get("mean"), run.json.image);
    this.showTerms();
    const { index } = this.page.state;
    this.evidence.start(bytes, example, label, index >= 0 && this.atEnd !== false ? run.json.own.log_px[index] : null);
    this.showCode();
  }
  showTerms() {
    const t = this.run.terms(this.run.infer), { index, particle } = this.page.state, { own, rounded } = this.run.json;
    const says = index >= 0 && particle === 0 && this.atEnd !== false
      ? [say`The program says ${nats(rounded.elbo[index], 4)} on these 16 bits, ${nats(own.elbo[index], 4)} on its own weights; here ${nats(t.elbo, 4)}.`]
      : [t.klPerLatent ? say`nats; log p(x|z) with this one z, the KL in closed form or at this z.` : say`nats; both terms with this one z.`];
    this.terms.show(t, says);
    this.formulas.show({ z: this.run.infer.get("z"), terms: t });
    this.current = t;
  }
  showCode() {
    this.rows.show(this.q, this.current.klPerLatent, this.at.z);
    for (const m of this.maps) m.show(this.at.z, this.page.state.label);
    this.back.disabled = !this.byHand;
    if (!this.byHand) this.where.textContent = "";
  }
  // z moved by hand: [[column, value], ..] of one layer. Those below it go to their means.
  move(moves, layer) {
    const z = Float32Array.from(this.at.z), run = this.run;
    for (const [j, v] of moves) z[j] = Math.max(-this.rows.far[j], Math.min(this.rows.far[j], v));
    this.byHand = true, this.back.disabled = false;
    const known = this.leadTo(z);
    paint(this.mean, known ? run.infer.get("mean") : run.decode(z, this.page.state.label, layer), run.json.image);
    this.at.z = layer ? Float32Array.from(run.decoders[layer].get("z")) : z;
    this.where.textContent = known
      ? say`At this z: log p(x|z) = ${nats(run.infer.get("log_likelihood")[0])}, log p(z) − log q(z|x) = ${nats(run.infer.get("log_ratio")[0])}.`
      : say`z is where you put it.`;
    this.rows.place(this.at.z);
    for (const m of this.maps) m.show(this.at.z, this.page.state.label);
  }
  // The tape of the image in view is given the ε that leads to z, where z is μ + σ ⊙ ε alone: what it
  // decodes it also knows the likelihood of
  leadTo(z) {
    const { infer } = this.run, [place, more] = infer.program.noise;
    if (more || place.mean === undefined || infer.program.outputs.z !== place.z) return false;
    infer.setNoise(0, z.map((v, j) => (v - this.q.mean[j]) / Math.exp(0.5 * this.q.logVariance[j])));
    return true;
  }
}
