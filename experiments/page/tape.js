// The program's tape, replayed: a list of entries, each an op of earlier ones in the words of
// Tape::describe(), such as
//   affine(%3, %4, %5)        row_sums(0.5 * ((square(%3) + expm1(%6)) - %6))
// An entry is computed when it is asked for, and again only when something it depends on has changed.
// Values are single precision as in the program; sums run in double precision.
"use strict";

// ---- expressions ----

// name(a, b), %3, 0.5, (a + b): as {call, args}, {leaf, repeat}, {number}
class Parser {
  constructor(text) {
    this.tokens = text.match(/%\d+|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|-?inf|[a-z_][a-z_0-9]*|[-+*/(),]/g) || [];
    this.at = 0;
  }
  whole() {
    const e = this.sum();
    if (this.at !== this.tokens.length) throw new Error("page: cannot read " + this.tokens.join(" "));
    return e;
  }
  sum() {
    let a = this.term();
    while ("+-*/".includes(this.tokens[this.at] || "?")) {
      const sign = this.tokens[this.at++];
      a = { call: sign, args: [a, this.term()] };
    }
    return a;
  }
  term() {
    const t = this.tokens[this.at++];
    if (t === "(") {
      const e = this.sum();
      ++this.at;
      return e;
    }
    if (t[0] === "%") return { leaf: +t.slice(1), repeat: 1 };
    if (/^-?[\di]/.test(t) && !/^i[a-z_]*$/.test(t)) return { number: t.replace("inf", "Infinity") };
    const args = [];
    ++this.at;
    for (; this.tokens[this.at] !== ")"; this.tokens[this.at] === "," && ++this.at) args.push(this.sum());
    ++this.at;
    if (t === "repeat_rows") return { leaf: args[0].leaf, repeat: +args[1].number };
    return { call: t, args };
  }
}

// The op that computes the entry: (y, inputs) with the inputs' places in `reads`
function compile(text, entries) {
  const named = text.match(/^([a-z_]+)\((.*)\)$/);
  if (named && (Object.hasOwn(OPS, named[1]) || Object.hasOwn(PREPARED, named[1]))) {
    const reads = [...named[2].matchAll(/%(\d+)/g)].map((m) => +m[1]);
    // A word at the end is the function of what the op gives: affine(%0, %1, %2, relu)
    const [, details, name] =
      named[2].replace(/^(%\d+(, )?)+/, ", ").replace(/^, $/, "").match(/^(.*?)(?:, ([a-z_]+))?$/);
    const own = name && name !== "transposed" ? FUNCTIONS[name] : null;
    if (name && name !== "transposed" && !own) throw new Error(`the page has no ${name}`);
    const told = name && !own ? `${details}, ${name}` : details;
    const run = Object.hasOwn(PREPARED, named[1])
      ? PREPARED[named[1]](told)
      : (y, inputs) => OPS[named[1]](y, inputs, told);
    if (!own) return { reads, run };
    return { reads, run: (y, inputs) => {
      run(y, inputs);
      for (let k = 0; k < y.val.length; ++k) y.val[k] = own(y.val[k]);
    } };
  }
  let e = new Parser(text).whole(), reduction = null;
  if (e.call && Object.hasOwn(REDUCTIONS, e.call) && e.args.length === 1) {
    reduction = REDUCTIONS[e.call];
    e = e.args[0];
  }
  const reads = [], shape = { R: 1, C: 1 };
  const code = (e) => {
    if (e.number !== undefined) return `(${e.number})`;
    if (e.leaf !== undefined) {
      const from = entries[e.leaf], rows = from.rows * e.repeat;
      let k = reads.indexOf(e.leaf);
      if (k < 0) k = reads.push(e.leaf) - 1;
      shape.R = Math.max(shape.R, rows), shape.C = Math.max(shape.C, from.columns);
      const i = rows === 1 ? "" : e.repeat === 1 ? "i" : `Math.floor(i / ${e.repeat})`;
      const row = i ? `${i} * ${from.columns}` : "", column = from.columns === 1 ? "" : "j";
      return `v${k}[${[row, column].filter(Boolean).join(" + ") || 0}]`;
    }
    const args = e.args.map(code);
    if ("+-*/".includes(e.call)) return `(${args[0]} ${e.call} ${args[1]})`;
    if (!Object.hasOwn(FUNCTIONS, e.call)) throw new Error("page: no op " + e.call);
    return `F.${e.call}(${args.join(", ")})`;
  };
  const value = code(e), { R, C } = shape;
  const names = reads.map((_, k) => `v${k}`);
  const loops = {
    columns: ["for (let i = 0; i < R; ++i)", "for (let j = 0; j < C; ++j)", "i"],
    rows: ["for (let j = 0; j < C; ++j)", "for (let i = 0; i < R; ++i)", "j"],
    all: ["", "for (let i = 0; i < R; ++i) for (let j = 0; j < C; ++j)", "0"],
  };
  let body;
  if (!reduction) {
    body = `for (let i = 0; i < R; ++i) for (let j = 0; j < C; ++j) y[i * C + j] = ${value};`;
  } else if (reduction.twice) {
    body = `for (let i = 0; i < R; ++i) { let m = -Infinity, s = 0;
      for (let j = 0; j < C; ++j) { const e = ${value}; if (e > m) m = e; }
      for (let j = 0; j < C; ++j) { const e = ${value}; s += Math.exp(e - m); }
      y[i] = ${reduction.end}; }`;
  } else {
    const [outer, inner, place] = loops[reduction.over];
    body = `${outer} { let s = ${reduction.start}; ${inner} { const e = ${value}; ${reduction.join}; }
      y[${place}] = ${reduction.end}; }`;
  }
  const f = new Function("F", "R", "C", "y", ...names, body);
  return { reads, run: (y, inputs) => f(FUNCTIONS, R, C, y.val, ...inputs.map((x) => x.val)) };
}

// ---- the tape ----

class Tape {
  // program: of replay.hpp; weights: Map of name to {rows, columns, val}
  constructor(program, weights) {
    this.program = program;
    this.entries = [];
    this.sources = new Map(); // entry -> bit
    const sources = [...Object.values(program.inputs), ...program.noise.map((n) => n.entry)];
    for (const s of sources) this.sources.set(s, 1 << this.sources.size);
    program.entries.forEach((from, i) => {
      if (from === 0) return void this.entries.push(null);
      const [rows, columns, text, ...numbers] = from;
      const Kind = columns === 1 ? Float64Array : Float32Array;
      const e = { rows, columns, text, depends: this.sources.get(i) || 0, valid: true, reads: [] };
      if (text.startsWith("parameter ")) e.parameter = text.slice(10);
      else e.val = new Kind(rows * columns);
      if (text === "constant") e.val.set(numbers);
      else if (!e.parameter) {
        const op = compile(text, this.entries);
        e.reads = op.reads, e.run = op.run, e.valid = false;
        for (const k of e.reads) e.depends |= this.entries[k].depends;
        e.inputs = e.reads.map((k) => this.entries[k]);
      }
      this.entries.push(e);
    });
    this.load(weights);
  }
  // Other weights of the same shapes.
  load(weights) {
    for (const e of this.entries) {
      if (!e) continue;
      if (e.parameter) e.val = weights.get(e.parameter).val;
      else if (e.run) e.valid = false;
    }
  }
  setEntry(i, numbers) {
    const bit = this.sources.get(i);
    this.entries[i].val.set(numbers);
    for (const e of this.entries) if (e && e.run && e.depends & bit) e.valid = false;
  }
  set(name, numbers) {
    if (name in this.program.inputs) this.setEntry(this.program.inputs[name], numbers);
  }
  setNoise(k, numbers) {
    if (k < this.program.noise.length) this.setEntry(this.program.noise[k].entry, numbers);
  }
  at(i) {
    return this.value(this.entries[i]);
  }
  value(e) {
    if (!e.valid) {
      for (const input of e.inputs) this.value(input);
      e.run(e, e.inputs);
      e.valid = true;
    }
    return e.val;
  }
  has(output) {
    return output in this.program.outputs;
  }
  get(output) {
    return this.at(this.program.outputs[output]);
  }
  text(output) {
    return this.entries[this.program.outputs[output]].text;
  }
}
