// Every language of a page has all that the page says, with the same values, and nothing that it does not say.
//
//   node words.mjs FOLDER of the page's scripts
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";

const folder = process.argv[2], read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const names = fs.readdirSync(folder).filter((name) => name.endsWith(".js"));

// say`.. ${..} ..`: what is between the backticks, values (which may hold backticks of their own) as {0}, {1}, ..
function said(source) {
  const sentences = [];
  for (let from = 0; (from = source.indexOf("say`", from)) >= 0; ) {
    let at = (from += 4), text = "", values = 0;
    while (source[at] !== "`") {
      if (!source.startsWith("${", at)) {
        text += source[at++];
        continue;
      }
      text += `{${values++}}`;
      for (let depth = 0; ; ++at) {
        depth += source[at] === "{" ? 1 : source[at] === "}" ? -1 : 0;
        if (source[at] === "}" && depth === 0) break;
      }
      ++at;
    }
    sentences.push(text);
  }
  return sentences;
}
const sentences = new Set(names.filter((name) => !name.startsWith("words")).flatMap((name) => said(read(name))));
const languages = vm.runInNewContext([...names.filter((name) => name.startsWith("words"))].sort().map(read).join("\n") + "\nWORDS");

const failures = [];
const values = (text) => [...text.matchAll(/\{\d\}/g)].map(String).sort().join();
if (sentences.size < 50) failures.push(`only ${sentences.size} sentences found`);
for (const [language, words] of Object.entries(languages)) {
  for (const s of sentences) {
    if (!(s in words)) failures.push(`${language}: nothing for "${s}"`);
    else if (values(words[s]) !== values(s)) failures.push(`${language}: other values in "${words[s]}" than in "${s}"`);
  }
  for (const s of Object.keys(words)) if (!sentences.has(s)) failures.push(`${language}: "${s}" is said nowhere`);
}
console.log(`${sentences.size} sentences, languages besides English: ${Object.keys(languages)}`);
if (failures.length) console.log(failures.join("\n")), process.exit(1);
