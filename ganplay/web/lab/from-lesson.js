// Over a Lab that was opened from a lesson's task: why settings are locked, and the way back.

import { element, fetched } from "../shared/dom.js";
import { nameOf } from "../shared/setting-names.js";
import { current, t } from "../shared/i18n.js";

const MOST = 5; // settings that are named

export class FromLesson {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    const { task } = lab.teach.asked;
    if (!task) return;
    this.lab = lab;
    this.place = task; // the lesson's name, a full stop, and its step
    this.words = element("p");
    this.back = element("button", { type: "button", className: "primary", onclick: () => this.goBack() });
    this.box = element("aside", { className: "from-lesson" }, this.words, this.back);
    lab.find("#panel-lab").prepend(this.box);
    lab.app.addEventListener("words", () => this.show());
    this.load();
  }

  // The lesson's own title; without it that it is a lesson is told all the same.
  async load() {
    try {
      const { lessons } = await (await fetched(`${this.lab.base}/lessons.json`)).json();
      this.title = lessons.find(({ name }) => name === this.place.split(".")[0])?.title;
    } catch {
      this.title = null;
    }
    this.show();
  }

  // Settings that the task leaves free, in the page's language.
  get free() {
    const { schema, teach } = this.lab, locked = teach.asked.lock;
    return schema.fields.filter(({ name }) => name !== "seed" && !locked.includes(name)).map(nameOf);
  }

  show() {
    const title = this.title && (this.title[current()] ?? this.title.en), { free } = this;
    const lesson = title ? t("from_lesson.named", { title }) : t("from_lesson.unnamed");
    this.words.textContent = t(free.length && free.length <= MOST ? "from_lesson.some" : "from_lesson.none", { lesson, fields: free.join(t("pair.and")) });
    this.back.textContent = t("from_lesson.back");
    this.box.setAttribute("aria-label", lesson);
    this.back.hidden = !this.lab.teach.free("learn");
  }

  goBack() {
    const { app } = this.lab;
    if (app.learn) app.learn.comeBack(this.place);
    else app.views.opened.learn = this.place;
    app.views.show("learn");
  }
}
