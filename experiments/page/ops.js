// What entries of a tape compute: elementwise functions, ops of matrices, reductions of expressions. Their
// names are the program's (replayed_ops of replay.cpp, which a test compares).
"use strict";

const FUNCTIONS = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  abs: Math.abs,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  log_sigmoid: (x) => -FUNCTIONS.softplus(-x),
  relu: (x) => (x > 0 ? x : 0),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x * FUNCTIONS.sigmoid(x),
  log1mexp: (x) => (x > 1 ? Math.log1p(-Math.exp(-x)) : Math.log(-Math.expm1(-x))),
  log_sinhc: (x) => {
    const a = Math.abs(x);
    return a < 0.01 ? (a * a) / 6 : a + Math.log1p(-Math.exp(-2 * a)) - Math.log(2 * a);
  },
  langevin: (x) => (Math.abs(x) < 0.01 ? x / 3 - (x * x * x) / 45 : 1 / Math.tanh(x) - 1 / x),
  // Stirling's series, from 8 on
  lgamma: (x) => {
    let shift = 0;
    for (; x < 8; ++x) shift -= Math.log(x);
    const r = 1 / x, r2 = r * r;
    const series = r * (1 / 12 - r2 * (1 / 360 - r2 * (1 / 1260 - r2 * (1 / 1680 - r2 / 1188))));
    return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
  },
  // log Γ(z) − (z − ½) log z + z − ½ log 2π
  lgamma_remainder: (x) => {
    let shift = 0;
    for (; x < 8; ++x) shift += (x + 0.5) * Math.log1p(1 / x) - 1;
    const r = 1 / x, r2 = r * r;
    return shift + r * (1 / 12 - r2 * (1 / 360 - r2 * (1 / 1260 - r2 * (1 / 1680 - r2 / 1188))));
  },
  // Its series up to 3, then the continued fraction of 1 − erf
  erf: (x) => {
    const a = Math.abs(x);
    if (a < 3) {
      let sum = 0, power = x;
      for (let k = 0; k < 60; ++k) sum += power / (2 * k + 1), (power *= (-x * x) / (k + 1));
      return (2 / Math.sqrt(Math.PI)) * sum;
    }
    let f = a;
    for (let k = 40; k > 0; --k) f = a + k / 2 / f;
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * f));
  },
  gelu: (x) => (x / 2) * (1 + FUNCTIONS.erf(x * Math.SQRT1_2)),
  negative: (x) => -x,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
  leaky_relu: (a, b) => (a > 0 ? a : b * a),
};

// ---- ops of matrices: (y, inputs, details), each a {rows, columns, val} ----

// sums += Σ_m x_m w[at_m ..], for the first `count` of x and at: four rows of w at a time, so that
// sums are read and written a quarter as often
function addRows(sums, n, x, at, count, w) {
  let m = 0;
  for (; m + 3 < count; m += 4) {
    const x0 = x[m], x1 = x[m + 1], x2 = x[m + 2], x3 = x[m + 3];
    const w0 = at[m], w1 = at[m + 1], w2 = at[m + 2], w3 = at[m + 3];
    for (let j = 0; j < n; ++j) sums[j] += x0 * w[w0 + j] + x1 * w[w1 + j] + x2 * w[w2 + j] + x3 * w[w3 + j];
  }
  for (; m < count; ++m) {
    const x0 = x[m], w0 = at[m];
    for (let j = 0; j < n; ++j) sums[j] += x0 * w[w0 + j];
  }
}
// What is not zero of a row that meets W, and where its rows of W begin; grows as needed
const met = { x: new Float64Array(4096), at: new Int32Array(4096) };
function makeRoom(n) {
  if (met.x.length < n) met.x = new Float64Array(n), (met.at = new Int32Array(n));
}

// y = a W + c, or without c; rows of W that meet a zero are left out (binary images, ReLU)
function multiply(y, a, W, c) {
  const n = W.columns, sums = new Float64Array(n);
  makeRoom(a.columns);
  for (let i = 0; i < a.rows; ++i) {
    let count = 0;
    for (let k = 0; k < a.columns; ++k) {
      const value = a.val[i * a.columns + k];
      if (value !== 0) (met.x[count] = value), (met.at[count++] = k * n);
    }
    if (c) for (let j = 0; j < n; ++j) sums[j] = c.val[j];
    else sums.fill(0);
    addRows(sums, n, met.x, met.at, count, W.val);
    for (let j = 0; j < n; ++j) y.val[i * n + j] = sums[j];
  }
}
function transposed(a) {
  const val = new Float32Array(a.val.length);
  for (let i = 0; i < a.rows; ++i)
    for (let j = 0; j < a.columns; ++j) val[j * a.rows + i] = a.val[i * a.columns + j];
  return { rows: a.columns, columns: a.rows, val };
}

// ", 28 x 28 -> 14 x 14 x 32, kernel 4, stride 2, padding 1", read once for each entry
function geometryOf(details) {
  const image = (text) => {
    const [height, width, channels = 1] = text.split(" x ").map(Number);
    return { height, width, channels };
  };
  const m = details.match(/^, ([\dx ]+) -> ([\dx ]+), kernel (\d+), stride (\d+), padding (\d+)$/);
  return { from: image(m[1]), to: image(m[2]), kernel: +m[3], stride: +m[4], padding: +m[5] };
}
// y = A x, or A x + b: for each pixel of y a sum over its window of x; what is zero there costs nothing
function convolver(details) {
  const { from, to, kernel, stride, padding } = geometryOf(details), C = from.channels, D = to.channels;
  const sums = new Float64Array(D), { height, width } = from;
  return (y, [x, w, bias]) => {
    const values = x.val, result = y.val;
    makeRoom(w.rows);
    for (let b = 0; b < x.rows; ++b)
      for (let o = 0; o < to.height; ++o)
        for (let q = 0; q < to.width; ++q) {
          let count = 0;
          for (let i = 0; i < kernel; ++i) {
            const u = o * stride + i - padding;
            if (u < 0 || u >= height) continue;
            for (let j = 0; j < kernel; ++j) {
              const v = q * stride + j - padding;
              if (v < 0 || v >= width) continue;
              const at = b * x.columns + (u * width + v) * C, row = (i * kernel + j) * C * D;
              for (let c = 0; c < C; ++c) {
                const value = values[at + c];
                if (value !== 0) (met.x[count] = value), (met.at[count++] = row + c * D);
              }
            }
          }
          if (bias) sums.set(bias.val);
          else sums.fill(0);
          addRows(sums, D, met.x, met.at, count, w.val);
          const place = b * y.columns + (o * to.width + q) * D;
          for (let d = 0; d < D; ++d) result[place + d] = sums[d];
        }
  };
}
// x = Aᵀ y, or Aᵀ y + b: what a pixel of y means for its window, W y_p, added where the window stands in x. The
// sum runs over the channels that are not zero, half of them after a ReLU, with W transposed.
function transposedConvolver(details) {
  const { from, to, kernel, stride, padding } = geometryOf(details), C = to.channels, D = from.channels;
  const size = kernel * kernel * C, window = new Float64Array(size), { height, width } = to;
  let turned = null, of = null; // W transposed, of these weights
  return (x, [y, w, bias]) => {
    if (of !== w.val) turned = transposed(w).val, (of = w.val);
    const values = y.val, sums = new Float64Array(x.columns);
    makeRoom(D);
    for (let b = 0; b < y.rows; ++b) {
      if (bias) for (let k = 0; k < sums.length; ++k) sums[k] = bias.val[k % C];
      else sums.fill(0);
      for (let o = 0; o < from.height; ++o)
        for (let q = 0; q < from.width; ++q) {
          const at = b * y.columns + (o * from.width + q) * D;
          let count = 0;
          for (let d = 0; d < D; ++d)
            if (values[at + d] !== 0) (met.x[count] = values[at + d]), (met.at[count++] = d * size);
          window.fill(0);
          addRows(window, size, met.x, met.at, count, turned);
          for (let i = 0; i < kernel; ++i) {
            const u = o * stride + i - padding;
            if (u < 0 || u >= height) continue;
            for (let j = 0; j < kernel; ++j) {
              const v = q * stride + j - padding;
              if (v < 0 || v >= width) continue;
              const place = (u * width + v) * C, row = (i * kernel + j) * C;
              for (let c = 0; c < C; ++c) sums[place + c] += window[row + c];
            }
          }
        }
      for (let j = 0; j < x.columns; ++j) x.val[b * x.columns + j] = sums[j];
    }
  };
}

const copyRows = (y, from, place) => {
  for (let i = 0; i < y.rows; ++i)
    for (let j = 0; j < y.columns; ++j) y.val[i * y.columns + j] = from.val[place(i, j)];
};
const numbersIn = (details) => (details.match(/\d+/g) || []).map(Number);

const OPS = {
  affine: (y, [a, w, c]) => multiply(y, a, w, c),
  matmul: (y, [a, b], details) =>
    multiply(y, details.includes("a transposed") ? transposed(a) : a,
             details.includes("b transposed") ? transposed(b) : b, null),
  transpose: (y, [a]) => y.val.set(transposed(a).val),
  reshape: (y, [a]) => y.val.set(a.val),
  stop_gradient: (y, [a]) => y.val.set(a.val),
  scale_adjoint: (y, [a]) => y.val.set(a.val),
  rows: (y, [a], details) => {
    const [first] = numbersIn(details);
    copyRows(y, a, (i, j) => (first + i) * a.columns + j);
  },
  columns: (y, [a], details) => {
    const [first] = numbersIn(details);
    copyRows(y, a, (i, j) => i * a.columns + first + j);
  },
  tile: (y, [a]) => copyRows(y, a, (i, j) => i * a.columns + (j % a.columns)),
  upsample: (y, [a], details) => {
    const shape = details.match(/^, ([\dx ]+), (\d+) times$/);
    const [, width, channels = 1] = shape[1].split(" x ").map(Number), f = +shape[2];
    copyRows(y, a, (i, j) => {
      const c = j % channels, pixel = (j - c) / channels, v = pixel % (width * f);
      const u = (pixel - v) / (width * f);
      return i * a.columns + (Math.floor(u / f) * width + Math.floor(v / f)) * channels + c;
    });
  },
  concatenate_rows: (y, parts) => {
    let at = 0;
    for (const p of parts) y.val.set(p.val, at), (at += p.val.length);
  },
  concatenate_columns: (y, parts) => {
    let first = 0;
    for (const p of parts) {
      for (let i = 0; i < p.rows; ++i)
        y.val.set(p.val.subarray(i * p.columns, (i + 1) * p.columns), i * y.columns + first);
      first += p.columns;
    }
  },
  weighted_squares: (y, [z, m, w]) => {
    const Z = z.columns;
    for (let i = 0; i < z.rows; ++i)
      for (let k = 0; k < m.rows; ++k) {
        let sum = 0;
        for (let j = 0; j < Z; ++j) sum += w.val[k * Z + j] * (z.val[i * Z + j] - m.val[k * Z + j]) ** 2;
        y.val[i * m.rows + k] = sum;
      }
  },
  normalise_groups: (y, [x], details) => {
    const [groups, channels] = numbersIn(details), width = channels / groups;
    for (let i = 0; i < x.rows; ++i)
      for (let g = 0; g < groups; ++g) {
        const places = [];
        for (let p = 0; p < x.columns; p += channels)
          for (let c = 0; c < width; ++c) places.push(i * x.columns + p + g * width + c);
        let mean = 0, square = 0;
        for (const k of places) mean += x.val[k] / places.length;
        for (const k of places) square += (x.val[k] - mean) ** 2 / places.length;
        const scale = 1 / Math.sqrt(square + 1e-5);
        for (const k of places) y.val[k] = (x.val[k] - mean) * scale;
      }
  },
};
// Those whose details are worth reading once
const PREPARED = {
  convolve: (details) =>
    details.endsWith(", transposed") ? transposedConvolver(details.slice(0, -12)) : convolver(details),
  convolve_transposed: transposedConvolver,
};

// Of an expression: start, what joins a value e to the sum s, and the end; over columns, rows or all.
const REDUCTIONS = {
  sum: { over: "all", start: "0", join: "s += e", end: "s" },
  average: { over: "all", start: "0", join: "s += e", end: "s / (R * C)" },
  row_sums: { over: "columns", start: "0", join: "s += e", end: "s" },
  column_sums: { over: "rows", start: "0", join: "s += e", end: "s" },
  max: { over: "columns", start: "-Infinity", join: "if (e > s) s = e", end: "s" },
  // the largest is taken out first
  log_sum_exp: { over: "columns", twice: true, end: "m + Math.log(s)" },
  log_mean_exp: { over: "columns", twice: true, end: "m + Math.log(s / C)" },
};
