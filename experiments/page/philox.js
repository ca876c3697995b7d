// The program's random numbers (autodiff/random.cpp), to the bit: Philox4x32-10, uniform numbers,
// and normal ones in single precision with the same additions, products and fused products.
//
//   Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011
"use strict";

const PURPOSE = { binarize: 4, prior: 6, evaluate: 7 }; // Purpose of random.hpp

const f32 = Math.fround;
const bitsView = new DataView(new ArrayBuffer(8));
function bitsOf(x) {
  bitsView.setFloat32(0, x);
  return bitsView.getInt32(0);
}
function fromBits(bits) {
  bitsView.setInt32(0, bits);
  return bitsView.getFloat32(0);
}

// a b + c of single precision, rounded once. The product is exact in double precision; of the sum
// what rounding dropped is kept in its last bit (round to odd), so that the second rounding is right.
const sumView = new Float64Array(1), sumBits = new Uint32Array(sumView.buffer);
const low = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1; // where the last bits are
function fma32(a, b, c) {
  const p = a * b, s = p + c;
  const back = s - p, dropped = p - (s - back) + (c - back);
  if (dropped === 0) return f32(s);
  sumView[0] = s;
  if ((sumBits[low] & 1) === 0) {
    if (dropped > 0 === s > 0) sumBits[low] += 1;
    else sumBits[low] = sumBits[low] === 0 ? (sumBits[1 - low]--, 0xffffffff) : sumBits[low] - 1;
  }
  return f32(sumView[0]);
}
// c₀ + c₁ x + c₂ x² + ..
function polynomial32(x, c) {
  let y = c[c.length - 1];
  for (let k = c.length - 2; k >= 0; --k) y = fma32(y, x, c[k]);
  return y;
}

const ROOT_HALF = bitsOf(f32(f32(Math.SQRT2) / 2)), ONE = bitsOf(1);
const LOG2_HIGH = fromBits(0x3f317000), LOG2_LOW = fromBits(0x3805fdf4); // 0x1.62ep-1, 0x1.0bfbe8p-15
const LOG_SERIES = [3, 5, 7, 9, 11].map((n) => f32(2 / n));
const SIN_SERIES = [1 / 6, -1 / 120, 1 / 5040, -1 / 362880].map((c) => -f32(c));
const COS_SERIES = [1 / 24, -1 / 720, 1 / 40320, -1 / 3628800].map((c) => f32(c));
const HALF_PI = f32(f32(Math.PI) / 2);

// log x of a normal x > 0, as lane_math.hpp has it
function log32(x) {
  const moved = (bitsOf(x) + (ONE - ROOT_HALF)) | 0;
  const k = (moved >> 23) - (ONE >> 23), m = fromBits((moved & 0x7fffff) + ROOT_HALF);
  const f = f32(m - 1), s = f32(f / f32(m + 1)), s2 = f32(s * s), half = f32(f32(0.5 * f) * f);
  const inner = f32(half + f32(s2 * polynomial32(s2, LOG_SERIES)));
  const small = fma32(s, inner, fma32(k, LOG2_LOW, 0));
  return f32(f32(k * LOG2_HIGH) - f32(f32(half - small) - f));
}
// [sin πt, cos πt]
function sincospi32(t) {
  const quarters = f32(t + t), n = f32(f32(quarters + 12582912) - 12582912); // 3 · 2²²
  const r = f32(f32(quarters - n) * HALF_PI), r2 = f32(r * r);
  const s = fma32(f32(r * r2), polynomial32(r2, SIN_SERIES), r);
  const c = fma32(f32(r2 * r2), polynomial32(r2, COS_SERIES), fma32(r2, -0.5, 1));
  const quarter = ((n % 4) + 4) % 4, swap = quarter === 1 || quarter === 3;
  const sine = swap ? c : s, cosine = swap ? s : c;
  return [quarter >= 2 ? -sine : sine, quarter === 1 || quarter === 2 ? -cosine : cosine];
}

// The upper half of the 64-bit product
function multiplyHigh(a, b) {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const m = ah * bl + ((al * bl) >>> 16), n = (m & 0xffff) + al * bh;
  return (ah * bh + Math.floor(m / 65536) + Math.floor(n / 65536)) >>> 0;
}
const words = new Uint32Array(4);
function philox(c0, c1, c2, c3, key) {
  let k0 = Number(key & 0xffffffffn), k1 = Number((key >> 32n) & 0xffffffffn);
  for (let round = 0; round < 10; ++round) {
    const high0 = multiplyHigh(c0, 0xd2511f53), low0 = Math.imul(c0, 0xd2511f53);
    const high1 = multiplyHigh(c2, 0xcd9e8d57), low1 = Math.imul(c2, 0xcd9e8d57);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

const MASK64 = 0xffffffffffffffffn;
function splitmix64(x) {
  x = (x + 0x9e3779b97f4a7c15n) & MASK64;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK64;
  return x ^ (x >> 31n);
}
// The key of a Stream: seed (BigInt) and purpose; `draw` counts the calls before this one.
function streamKey(seed, purpose, draw = 0) {
  return (splitmix64((splitmix64(seed) + BigInt(purpose)) & MASK64) + BigInt(draw)) & MASK64;
}

function uniform32(n) {
  const high = n >>> 9;
  return high < 16384 ? f32((n & 0x7fffff) + 0.5) * 2 ** -32 : f32(high + 0.5) * 2 ** -23;
}
// `count` uniform numbers of one example and particle
function uniforms(key, { step, example, particle = 0 }, count) {
  const to = new Float32Array(count);
  for (let q = 0; 4 * q < count; ++q) {
    philox(q, particle, example, step, key);
    for (let w = 0; w < 4 && 4 * q + w < count; ++w) to[4 * q + w] = uniform32(words[w]);
  }
  return to;
}
// .. and normal ones (Box and Muller)
function normals(key, { step, example, particle = 0 }, count) {
  const to = new Float32Array(count);
  for (let q = 0; 4 * q < count; ++q) {
    philox(q, particle, example, step, key);
    const u = [uniform32(words[0]), uniform32(words[1]), uniform32(words[2]), uniform32(words[3])];
    for (let w = 0; w < 4; w += 2) {
      const r = f32(Math.sqrt(f32(-2 * log32(u[w]))));
      const [sine, cosine] = sincospi32(f32(f32(2 * u[w + 1]) - 1));
      if (4 * q + w < count) to[4 * q + w] = r * cosine;
      if (4 * q + w + 1 < count) to[4 * q + w + 1] = r * sine;
    }
  }
  return to;
}
