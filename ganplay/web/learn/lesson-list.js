// The list of lessons, with how much of each is done.

import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

/** @param {import("./learn.js").Learn} learn */
export function showList(learn) {
  const { find, say, lesson: shown } = learn;
  const focused = /** @type {HTMLElement} */ (document.activeElement?.closest(".ln-list button"))?.dataset.lesson;
  find(".ln-list").replaceChildren(...learn.lessons.map((lesson, i) => {
    const parts = learn.learnt.parts(lesson), done = parts.filter(([, is]) => is).length;
    const pips = parts.map(([, is]) => element("i", { className: is ? "done" : "" }));
    const title = t("learn.done", { done, all: parts.length });
    const button = element("button",
      { type: "button", title, dataset: { lesson: lesson.name }, ariaLabel: `${i + 1}. ${say(lesson.title)} · ${title}`, onclick: () => learn.open(lesson) },
      element("b", { textContent: i + 1 }), element("span", { textContent: say(lesson.title) }),
      element("span", { className: "ln-pips", ariaHidden: "true" }, ...pips));
    if (lesson === shown) button.setAttribute("aria-current", "true");
    return element("li", {}, button);
  }));
  if (focused) find(`[data-lesson="${focused}"]`).focus();
}
