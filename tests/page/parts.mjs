// The parts of a page that need no run: fused products, elementwise functions and ops against known
// values, the list of ops against the program's, lines of C++ against the sources, HTML that is well
// formed and asks for nothing.
//
//   node parts.mjs PAGE.html SOURCE_DIR
import fs from "node:fs";
import { engineOf } from "./engine.mjs";

const [file, source] = process.argv.slice(2);
const { html, json, OPS, PREPARED, FUNCTIONS, REDUCTIONS, SOURCES, Tape, fma32, openRuns } = await engineOf(file);
let failures = 0, checks = 0;
function expect(ok, text) {
  ++checks;
  if (!ok) ++failures, console.error("FAILED", text);
}
const near = (a, b, text, tolerance = 1e-9) => expect(Math.abs(a - b) <= tolerance * (1 + Math.abs(b)), `${text}: ${a}, not ${b}`);

// a b + c, rounded once: exact in integers of 2^-60
const f32 = Math.fround, unit = 60n;
const exact = (x) => BigInt(Math.round(x * 2 ** 52)) << (unit - 52n);
for (let k = 0, seed = 1; k < 20000; ++k) {
  const next = () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
  const a = f32(Math.round(next() * 4096) / 4096), b = f32(Math.round(next() * 4096) / 4096), c = f32(next() * 2 ** -Math.floor(next() * 20));
  const whole = ((exact(a) * exact(b)) >> unit) + exact(c), got = fma32(a, b, c);
  // no float is nearer
  const distance = (x) => { const d = exact(x) - whole; return d < 0n ? -d : d; };
  const step = 2 ** (Math.floor(Math.log2(got || 1)) - 23);
  if (distance(got) > distance(f32(got + step)) || distance(got) > distance(f32(got - step))) {
    expect(false, `fma32(${a}, ${b}, ${c}) = ${got}`);
    break;
  }
}
// double rounding: 1 + 2^-24 + 2^-60 lies above the tie
near(fma32(2 ** -30, 2 ** -30, f32(1) + 0), 1, "fma32 of a tiny product", 0);
expect(fma32(f32(1 + 2 ** -12), f32(1 + 2 ** -12), f32(2 ** -60)) === f32(1 + 2 ** -11 + 2 ** -23), "fma32 above a tie");

const values = {
  log_sinhc: [[0.005, Math.log(Math.sinh(0.005) / 0.005)], [2, Math.log(Math.sinh(2) / 2)], [-30, 30 - Math.log(60)]],
  langevin: [[0.005, 0.005 / 3], [2, 1 / Math.tanh(2) - 0.5], [-2, 0.5 - 1 / Math.tanh(2)]],
  lgamma: [[1, 0], [2, 0], [0.5, 0.5 * Math.log(Math.PI)], [11, Math.log(3628800)], [0.01, 4.599479878042022]],
  lgamma_remainder: [[8, 0.0104112652619720], [0.5, 0.5 * Math.log(Math.PI) + 0.5 - 0.5 * Math.log(2 * Math.PI)], [1, 1 - 0.5 * Math.log(2 * Math.PI)]],
  erf: [[0, 0], [0.5, 0.5204998778130465], [-2.9, -0.9999589021219005], [3.1, 0.9999883513426328], [9, 1]],
  gelu: [[1, 0.8413447460685429], [-2, -0.04550026389635842]],
  softplus: [[0, Math.LN2], [-40, Math.exp(-40)], [40, 40]],
  sigmoid: [[0, 0.5], [-750, 0], [2, 1 / (1 + Math.exp(-2))]],
  log1mexp: [[0.5, Math.log(1 - Math.exp(-0.5))], [3, Math.log(1 - Math.exp(-3))]],
};
for (const [name, list] of Object.entries(values))
  for (const [x, y] of list) near(FUNCTIONS[name](x), y, `${name}(${x})`, name === "langevin" ? 1e-6 : 1e-9);

// ops on small tapes: [shape, text, numbers]
const run = (entries, outputs) => {
  const tape = new Tape({ entries, inputs: {}, noise: [], outputs }, new Map());
  return [...tape.get("y")];
};
const same = (got, want, text) => expect(got.length === want.length && got.every((v, k) => Math.abs(v - want[k]) < 1e-5), `${text}: ${got}, not ${want}`);
const A = [2, 3, "constant", 1, 2, 3, 4, 5, 6], B = [3, 2, "constant", 1, 0, 0, 1, 2, 2], C = [1, 2, "constant", 10, 20];
same(run([A, B, C, [2, 2, "affine(%0, %1, %2)"]], { y: 3 }), [17, 28, 26, 37], "affine");
same(run([A, B, [2, 2, "matmul(%0, %1)"]], { y: 2 }), [7, 8, 16, 17], "matmul");
same(run([A, [2, 2, "matmul(%0, %0, b transposed)"]], { y: 1 }), [14, 32, 32, 77], "matmul, b transposed");
same(run([A, [3, 3, "matmul(%0, %0, a transposed)"]], { y: 1 }), [17, 22, 27, 22, 29, 36, 27, 36, 45], "matmul, a transposed");
same(run([A, [2, 1, "row_sums(%0 * -0.5)"]], { y: 1 }), [-3, -7.5], "row_sums");
same(run([A, [1, 3, "column_sums(%0)"]], { y: 1 }), [5, 7, 9], "column_sums");
same(run([A, [1, 1, "average(square(%0))"]], { y: 1 }), [91 / 6], "average");
same(run([A, [2, 1, "max(%0)"]], { y: 1 }), [3, 6], "max of rows");
same(run([A, [2, 3, "max(%0, 3.5)"]], { y: 1 }), [3.5, 3.5, 3.5, 4, 5, 6], "max of two");
same(run([A, [2, 1, "log_mean_exp(%0)"]], { y: 1 }), [3 + Math.log((1 + Math.exp(-1) + Math.exp(-2)) / 3), 6 + Math.log((1 + Math.exp(-1) + Math.exp(-2)) / 3)], "log_mean_exp");
same(run([A, [4, 3, "repeat_rows(%0, 2) + 1"]], { y: 1 }), [2, 3, 4, 2, 3, 4, 5, 6, 7, 5, 6, 7], "repeat_rows");
same(run([A, [2, 2, "columns(%0, 1, 2)"]], { y: 1 }), [2, 3, 5, 6], "columns");
same(run([A, [1, 3, "rows(%0, 1, 1)"]], { y: 1 }), [4, 5, 6], "rows");
same(run([A, C, [2, 3, "%0 / (1 + exp(negative(%0)))"]], { y: 2 }), [1, 2, 3, 4, 5, 6].map((x) => x / (1 + Math.exp(-x))), "an expression");
same(run([C, [1, 6, "tile(%0, 3 times)"]], { y: 1 }), [10, 20, 10, 20, 10, 20], "tile");
same(run([A, A, [2, 6, "concatenate_columns(%0, %1)"]], { y: 2 }), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], "concatenate_columns");
same(run([[1, 2, "constant", 1, 2], [1, 8, "upsample(%0, 1 x 2, 2 times)"]], { y: 1 }), [1, 1, 2, 2, 1, 1, 2, 2], "upsample");
{ // ⟨y, A x⟩ = ⟨Aᵀ y, x⟩, and A x by its definition
  const w = Array.from({ length: 16 * 2 }, (_, k) => Math.sin(k)), x = Array.from({ length: 63 }, (_, k) => Math.cos(3 * k)), y = Array.from({ length: 24 }, (_, k) => Math.sin(5 * k + 1));
  const g = "7 x 9 -> 3 x 4 x 2, kernel 4, stride 2, padding 1", back = "3 x 4 x 2 -> 7 x 9, kernel 4, stride 2, padding 1";
  const ax = run([[1, 63, "constant", ...x], [16, 2, "constant", ...w], [1, 24, `convolve(%0, %1, ${g})`]], { y: 2 });
  const aty = run([[1, 24, "constant", ...y], [16, 2, "constant", ...w], [1, 63, `convolve_transposed(%0, %1, ${back})`]], { y: 2 });
  const dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
  near(dot(ax, y), dot(aty, x), "a convolution and its adjoint", 1e-5);
  let want = 0; // pixel (1, 2), channel 1
  for (let i = 0; i < 4; ++i) for (let j = 0; j < 4; ++j) {
    const u = 2 + i - 1, v = 4 + j - 1;
    if (u >= 0 && u < 7 && v >= 0 && v < 9) want += x[u * 9 + v] * w[(i * 4 + j) * 2 + 1];
  }
  near(ax[(1 * 4 + 2) * 2 + 1], want, "convolve", 1e-5);

  // with bias and function at the end: the ops that these are made of
  const bias = [0.3, -0.2], one = [0.1];
  const relu = run([[1, 63, "constant", ...x], [16, 2, "constant", ...w], [1, 2, "constant", ...bias], [1, 24, `convolve(%0, %1, %2, ${g}, relu)`]], { y: 3 });
  same(relu, ax.map((v, k) => Math.max(v + bias[k % 2], 0)), "convolve with relu");
  const tanh = run([[1, 24, "constant", ...y], [16, 2, "constant", ...w], [1, 1, "constant", ...one], [1, 63, `convolve(%0, %1, %2, ${back}, transposed, tanh)`]], { y: 3 });
  same(tanh, aty.map((v) => Math.tanh(v + 0.1)), "a transposed one with tanh");
}
same(run([A, B, [1, 2, "constant", -7.3, -8.1], [2, 2, "affine(%0, %1, %2, relu)"]], { y: 3 }), [0, 0, 8.7, 8.9], "affine with relu");

// every op that the program lets on a page is one of the page's
const listed = fs.readFileSync(`${source}/experiments/page/replay.cpp`, "utf8").match(/string_view ops\[\] = \{(.*?)\};/s)[1].match(/"[a-z_0-9]+"/g).map((t) => t.slice(1, -1));
const known = new Set([OPS, PREPARED, FUNCTIONS, REDUCTIONS].flatMap((table) => Object.keys(table)).concat("repeat_rows"));
expect(listed.length >= 40, "the program's list of ops is not where this test looks");
for (const op of listed) expect(known.has(op), `the page has no ${op}`);
for (const op of known) expect(listed.includes(op), `the program refuses ${op}, which the page has`);
for (const [, line, path] of Object.values(SOURCES)) expect(fs.readFileSync(`${source}/${path}`, "utf8").replace(/\s+/g, " ").includes(line), `${path} has no line ${line}`);

// the document
expect(html.startsWith("<!doctype html>\n<html lang=\"en\">"), "no doctype or language");
const outside = html.replace(/<script type="application\/json".*?<\/script>/s, "");
expect(!/(src|href)=["'](?!data:)|url\(|@import|fetch\(|XMLHttp|WebSocket|import\(/.test(outside), "the page asks for something");
expect(/Content-Security-Policy" content="default-src 'none'/.test(html), "no policy");
expect(!/\{\{[A-Z]+\}\}/.test(outside), "a mark of the template is left");
await openRuns(json);
console.log(`${checks} checks, ${failures} failures`);
process.exit(failures ? 1 : 0);
