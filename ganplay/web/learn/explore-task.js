// The part of a lesson that goes on in Explore: what is done there is noticed and counted.

import { element } from "../shared/dom.js";
import { write } from "../explore/latent-state.js";
import { t } from "../shared/i18n.js";

const LOW = 0.5, HIGH = 1.2; // kinds of truncation

// What has been done, with one more state; `seen` holds the seeds and kinds of truncation so far.
export function noticed(seen, state) {
  const seeds = [...new Set([...(seen.seedsSeen || []), ...(state.at ? [] : [state.seed])])].slice(-50);
  const kind = state.truncation < LOW ? "low" : state.truncation > HIGH ? "high" : "";
  const kinds = [...new Set([...(seen.kinds || []), ...(kind ? [kind] : [])])];
  const far = Math.max(seen.far || 0, ...Object.values(state.moves).map(Math.abs));
  return { ...seen, seedsSeen: seeds, kinds, seeds: seeds.length, truncations: kinds.length, far };
}

export class ExploreTask {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.bar = null;
    this.learn.app.addEventListener("explored", ({ detail: state }) => this.notice(state));
    this.learn.app.addEventListener("words", () => this.show());
  }

  go() {
    const { app, lesson } = this.learn, { views } = app;
    this.lesson = lesson;
    if (app.explore) app.explore.visit(lesson.visit.state);
    else views.opened.explore = lesson.visit.state;
    this.show();
    views.show("explore");
  }

  notice(state) {
    if (!this.lesson || this.learn.app.views.shown !== "explore") return;
    const mine = this.learn.learnt.of(this.lesson.name), text = write(state);
    if (text === this.last) return;
    this.last = text;
    mine.deeds = noticed(mine.deeds, state);
    mine.deeds.done = mine.deeds.done || Object.entries(this.lesson.visit.goals).every(([deed, needed]) => (mine.deeds[deed] || 0) >= needed);
    this.learn.changed(this.lesson);
    this.show();
  }

  // A strip over Explore: what is to be done, how far it is done, and the way back.
  show() {
    if (!this.lesson) return;
    const { learn, lesson } = this, { app } = learn, mine = learn.learnt.of(lesson.name);
    this.bar ||= element("aside", { className: "ln-visit at-foot" });
    if (!this.bar.isConnected) app.root.append(this.bar);
    this.bar.setAttribute("aria-label", learn.say(lesson.title));
    const back = element("button", { type: "button", className: "primary", textContent: t("learn.back") });
    back.onclick = () => {
      this.bar.remove();
      this.lesson = null;
      app.views.show("learn");
      learn.guide.show();
    };
    const meters = Object.entries(lesson.visit.goals).map(([deed, needed]) => learn.guide.meter(t(`learn.deeds.${deed}`, { n: needed }), mine.deeds[deed] || 0, needed));
    this.bar.replaceChildren(element("p", { textContent: learn.say(lesson.visit.todo) }), element("div", { className: "ln-gauges" }, ...meters), back);
  }
}
