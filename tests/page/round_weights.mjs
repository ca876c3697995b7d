// A copy of a run whose parameters are rounded to 16 bits, as a page has them; buffers stay. The rounding
// is this file's own: to a multiple of 2^(exponent − 10), ties to even.
//
//   node round_weights.mjs RUN COPY
import fs from "node:fs";

const [from, to] = process.argv.slice(2);
fs.cpSync(from, to, { recursive: true });
const file = `${to}/model.safetensors`, bytes = fs.readFileSync(file);
const size = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.subarray(8, 8 + size));

function rounded(x) {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x)))), unit = 2 ** (exponent - 10);
  const n = x / unit, down = Math.floor(n), rest = n - down;
  return unit * (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down);
}
let count = 0;
for (const [name, tensor] of Object.entries(header)) {
  if (name === "__metadata__" || name.startsWith("buffer.") || name.startsWith("standard.")) continue;
  if (tensor.dtype !== "F32") throw new Error(`${name}: ${tensor.dtype}`);
  for (let at = tensor.data_offsets[0]; at < tensor.data_offsets[1]; at += 4, ++count)
    bytes.writeFloatLE(rounded(bytes.readFloatLE(8 + size + at)), 8 + size + at);
}
fs.writeFileSync(file, bytes);
console.log(`${count} numbers rounded`);
