// Light or dark, the contents' list, and the search; the pages work without it.
const root = document.documentElement, stored = localStorage.getItem("light");
if (stored) root.dataset.light = stored;
document.querySelector("#light").addEventListener("click", () => {
  const dark = root.dataset.light
    ? root.dataset.light === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("light", (root.dataset.light = dark ? "light" : "dark"));
});

const contents = document.querySelector("nav details");
if (matchMedia("(min-width: 80rem)").matches) contents.open = true;

// Sections that have every word, those with words in the title first. Chinese has no spaces: what is found nowhere
// as it stands is looked for by pairs of its characters.
const box = document.querySelector("#search"), found = document.querySelector("#found");
const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
const texts = sections.map((s) => ({ s, head: (s.page + " " + s.title).toLowerCase(), body: s.text.toLowerCase() }));
const having = (words) => texts
  .filter((h) => words.every((w) => h.head.includes(w) || h.body.includes(w)))
  .sort((a, b) => words.filter((w) => b.head.includes(w)).length - words.filter((w) => a.head.includes(w)).length);
const pairs = (word) => /[^\x00-\x7f]{3,}/.test(word) ? [...word].slice(1).map((c, i) => [...word][i] + c) : [word];
function search() {
  let words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let hits = words.length ? having(words) : [];
  if (!hits.length) hits = (words = words.flatMap(pairs)).length ? having(words) : [];
  found.hidden = !words.length;
  found.replaceChildren(...(hits.length ? hits.slice(0, 12).map(({ s, body }) => {
    const link = Object.assign(element("a", s.title === s.page ? s.page : `${s.page}: ${s.title}`), { href: s.url });
    const at = Math.max(0, Math.min(...words.map((w) => body.indexOf(w)).filter((i) => i >= 0), 1e9) % 1e9 - 40);
    link.append(element("small", s.text.slice(at, at + 120)));
    return link;
  }) : [element("small", document.documentElement.lang == "zh" ? "没有找到" : "nothing has all of these words")]));
}
box.addEventListener("input", search);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click();
  if (event.key === "Escape") (box.value = ""), search();
});
