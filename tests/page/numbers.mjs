// A page's numbers against the program's: ELBO and log p(x) of each image against what
// `vaegrad evaluate --per-example` wrote for the run with rounded weights, to 1e-3 nats; ε to the bit.
//
//   node numbers.mjs PAGE.html PER_EXAMPLE.csv PARTICLES [WHICH, of two runs side by side, 0 or 1]
import fs from "node:fs";
import { engineOf } from "./engine.mjs";

const [file, csv, particles, which = 0] = process.argv.slice(2);
const { json, openRuns } = await engineOf(file);
const run = (await openRuns(json))[which];
const rows = fs.readFileSync(csv, "utf8").trim().split("\n").slice(1).map((line) => line.split(",").map(Number));

const failures = [];
const fail = (text) => failures.push(text);
if (rows.length < 10) fail(`only ${rows.length} images`);
let worst = 0, worstPx = 0;
for (const [row, elbo, nll] of rows) {
  const i = run.json.rows.indexOf(row);
  if (i < 0) {
    fail(`image ${row} is not in the page`);
    continue;
  }
  worst = Math.max(worst, Math.abs(run.elbo(i) - elbo));
  const sampling = run.importance(run.image(i), row, run.label(i));
  sampling.add(+particles);
  worstPx = Math.max(worstPx, Math.abs(sampling.weights.logMean() + nll));
}
if (!(worst < 1e-3)) fail(`the ELBO is ${worst} nats off`);
if (!(worstPx < 1e-3)) fail(`log p(x) is ${worstPx} nats off`);
if (!run.sameNoise()) fail("ε differs from the program's in its bits");
// what a wrong weight or another draw would do is seen
run.json.draw -= 1;
if (run.sameNoise()) fail("ε of another draw is the same");
if (Math.abs(run.elbo(0) - rows[0][1]) < 1e-3) fail("another ε gives the same ELBO");
run.json.draw += 1;
run.weights.forEach((w) => (w.val[0] += 0.25));
for (const tape of run.tapes()) tape.load(run.weights);
if (Math.abs(run.elbo(0) - rows[0][1]) < 1e-3) fail("other weights give the same ELBO");

console.log(`${rows.length} images: ELBO within ${worst.toExponential(1)}, log p(x) within ${worstPx.toExponential(1)} nats`);
for (const text of failures) console.error("FAILED", text);
process.exit(failures.length ? 1 : 0);
