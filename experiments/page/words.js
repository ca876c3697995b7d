// What the page says: in the code in English, in another language by a table of that language (words_zh.js).
"use strict";

const WORDS = {}; // language: sentence in English, its values as {0}, {1}, ..: the sentence
const LANGUAGE = typeof document === "undefined" ? "en" : (/^#([a-z]+)$/.exec(location.hash) || [])[1] || document.documentElement.lang; // page.html#zh

// say`Test image ${n}` in the language of the page
function say(parts, ...values) {
  const sentence = parts.reduce((text, part, i) => `${text}{${i - 1}}${part}`), words = WORDS[LANGUAGE];
  return (words ? words[sentence] : sentence).replace(/\{(\d)\}/g, (_, i) => values[i]);
}
