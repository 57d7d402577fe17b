// Short notices at the foot of the page, which go by themselves.

import { element } from "./dom.js";
import { allowed, wordsOf } from "./problem-words.js";
import { has, t } from "./i18n.js";

const SECONDS = 9, MANY_PROBLEMS_SECONDS = 60, MOST = 4;

export class Toasts {
  constructor(box, schema) {
    this.box = box;
    this.schema = schema;
  }

  show(text, seconds = SECONDS) {
    const { box } = this;
    [...box.children].find((one) => one.firstChild.textContent === text)?.remove();
    const close = { type: "button", textContent: "×", ariaLabel: t("help.close"), onclick: () => toast.remove() };
    const toast = element("p", {}, element("span", { textContent: text }), element("button", close));
    box.append(toast);
    while (box.children.length > MOST) box.firstChild.remove();
    setTimeout(() => toast.remove(), seconds * 1000);
  }

  // Settings that the server refused or replaced, each in words.
  complain(problems = []) {
    const texts = problems.map((problem) => {
      const { field, code } = problem, key = `fields.${field}.label`;
      const known = this.schema.fields.find((one) => one.name === field);
      return t(`problems.${code}`, wordsOf(problem, has(key) ? t(key) : field, known ? allowed(known) : ""));
    });
    if (texts.length > MOST) this.show(texts.join("\n"), MANY_PROBLEMS_SECONDS);
    else texts.forEach((text) => this.show(text));
  }
}
