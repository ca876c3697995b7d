// What a page has between its script tags, as a module: the very text that a browser runs, without a
// document.
import fs from "node:fs";

export async function engineOf(file) {
  const html = fs.readFileSync(file, "utf8");
  const json = JSON.parse(html.match(/<script type="application\/json" id="runs">(.*?)<\/script>/s)[1]);
  const script = html.match(/<script>(.*?)<\/script>/s)[1];
  const names = "OPS, PREPARED, FUNCTIONS, REDUCTIONS, SOURCES, Run, Tape, LogWeights, openRuns, fma32, normals, uniforms, streamKey, bitsOf";
  const module = `${script}\nexport { ${names} };`;
  return { html, json, ...(await import("data:text/javascript;base64," + Buffer.from(module).toString("base64"))) };
}
