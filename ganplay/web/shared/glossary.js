// The glossary: a term with its definition in both languages, and its links in texts.

import { element } from "./dom.js";
import { all, current, t } from "./i18n.js";

const TERM = "glossary.terms";

// By language: an expression that finds every term in a text, each in a group of its own name.
const finders = {};

const eitherCase = (letter) => `[${letter}${letter.toUpperCase()}]`;

function finder() {
  const language = current();
  return (finders[language] ||= (() => {
    // Of two that begin at the same place the longer term counts.
    const terms = Object.entries(all(TERM)).sort(([, one], [, other]) => other.match.length - one.match.length);
    const groups = terms.map(([key, { match }]) => `(?<${key}>${match.replace(/(?<=^|\|)[a-z](?=[a-z])/g, eitherCase)})`).join("|");
    return new RegExp(language === "en" ? `(?<![\\w-])(?:${groups})(?![\\w(])` : `(?<![A-Za-z])(?:${groups})(?![A-Za-z(])`, "g");
  })());
}

/**
 * A text in pieces, in which each term is a link to the glossary where it stands for the first time.
 * @param {string} text @param {Set<string>} [seen] terms that stood before @returns {(string | HTMLElement)[]}
 */
export function linked(text, seen = new Set()) {
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(finder())) {
    const [term] = Object.entries(found.groups).find(([, word]) => word !== undefined);
    if (seen.has(term)) continue;
    seen.add(term);
    const word = element("button", { type: "button", className: "term", dataset: { term }, textContent: found[0], title: t(`${TERM}.${term}.text`) });
    pieces.push(text.slice(from, found.index), word);
    from = found.index + found[0].length;
  }
  return [...pieces, text.slice(from)];
}

export class Glossary {
  constructor(root) {
    this.box = root.querySelector(".glossary-box");
    this.find = this.box.querySelector("input");
    this.find.oninput = () => this.filter();
    root.addEventListener("click", ({ target }) => {
      const word = target.closest("[data-term]");
      if (word) this.open(word.dataset.term);
    });
  }

  // All terms in order of their names, at one of them if it is named.
  open(term = "") {
    const order = new Intl.Collator(current()), terms = Object.entries(all(TERM)).sort(([, one], [, other]) => order.compare(one.name, other.name));
    this.box.querySelector("dl").replaceChildren(...terms.map(([key, { name, text }]) =>
      element("div", { dataset: { entry: key }, className: key === term ? "now" : "" },
        element("dt", { textContent: name }), element("dd", { textContent: text }))));
    this.find.value = "";
    this.find.placeholder = t("glossary.find");
    this.filter();
    if (!this.box.open) this.box.showModal();
    this.box.querySelector(".now")?.scrollIntoView({ block: "center" });
  }

  filter() {
    const wanted = this.find.value.trim().toLowerCase(), entries = [...this.box.querySelectorAll("[data-entry]")];
    for (const entry of entries) entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
    this.box.querySelector(".glossary-none").hidden = entries.some((entry) => !entry.hidden);
  }
}
