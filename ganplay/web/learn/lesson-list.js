// The list of lessons, with how much of each is done.

import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

/** @param {import("./learn.js").Learn} learn */
export function showList(learn) {
  const { find, say, lesson: shown } = learn;
  const focused = /** @type {HTMLElement} */ (document.activeElement?.closest(".ln-list button"))?.dataset.lesson;
  const first = Math.min(1, learn.lessons[0].order); // an introduction is number 0
  find(".ln-list").replaceChildren(...learn.lessons.map((lesson, i) => {
    const place = first + i, parts = learn.learnt.parts(lesson), done = parts.filter(([, is]) => is).length;
    const pips = parts.map(([, is]) => element("i", { className: is ? "done" : "" }));
    const title = t("learn.done", { done, all: parts.length });
    return element("li", {}, element("button", {
      type: "button", title, ariaLabel: `${place}. ${say(lesson.title)} · ${title}`, dataset: { lesson: lesson.name },
      ariaCurrent: lesson === shown ? "true" : null, onclick: () => learn.open(lesson),
    }, element("b", { textContent: place }), element("span", { textContent: say(lesson.title) }),
    element("span", { className: "ln-pips", ariaHidden: "true" }, ...pips)));
  }));
  showShort(learn, first);
  if (focused) find(`[data-lesson="${focused}"]`).focus();
}

// The same as a list of one row, for the projector view.
function showShort(learn, first) {
  const short = learn.find(".ln-short");
  short.replaceChildren(...learn.lessons.map(({ name, title }, i) => element("option", { value: name, textContent: `${first + i}. ${learn.say(title)}` })));
  short.value = learn.lesson.name;
  short.onchange = () => learn.open(learn.lessons.find(({ name }) => name === short.value));
}
