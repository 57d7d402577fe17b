// The lecturer's page of a live class: opening it, its link, what comes in each second, its end. The
// key is kept in this browser; whoever has it sees the class, and nobody else does.

import { ClassRecords } from "./class-counts.js";
import { ClassCharts } from "./class-charts.js";
import { about, askClass } from "./class-requests.js";
import { element } from "../shared/dom.js";
import { inBrowser, inTab } from "../shared/storage.js";
import { keep, kept } from "../shared/files.js";
import { copy } from "../shared/clipboard.js";
import { pageAddress } from "../shared/page-address.js";
import { t } from "../shared/i18n.js";
import { measured, writeAddress } from "../shared/address.js";

const KEPT = "ganplay.class", SHOWN = "ganplay.class.shown";
const EVERY = 1000, UNSEEN = 15_000, CALM = 5000; // milliseconds from one look to the next
const WORDS = { classes_full: "full", crowded: "busy", too_many: "busy", busy: "busy" };

export class ClassRoom {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.find = learn.find;
    this.known = new ClassRecords();
    this.charts = new ClassCharts(this);
    this.own = kept(KEPT); // key and code
    this.status = "";
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".ln-class-open", () => this.open());
    on(".lc-back", () => this.close());
    on(".lc-begin", () => this.begin());
    on(".lc-end", () => this.end());
    on(".lc-copy", ({ target }) => copy(target, this.link));
    learn.app.addEventListener("words", () => this.show());
    document.addEventListener("visibilitychange", () => this.look());
    window.addEventListener("online", () => this.look());
    learn.app.addEventListener("view", () => this.look());
    this.go();
    if (this.own && inTab.get(SHOWN)) this.open();
  }

  // What students open: the lesson from its beginning, as the lecturer's link has it otherwise.
  get link() {
    const asked = { ...this.learn.app.teach.chosen, state: null, rival: null, class: this.own.code };
    return `${pageAddress()}#${measured(`learn=${this.learn.lesson.name}&${writeAddress(asked)}`, asked)}`;
  }

  get shown() {
    return !this.find(".ln-room").hidden;
  }

  setShown(shown) {
    this.find(".ln-room").hidden = !shown;
    this.find(".ln-first").hidden = shown;
    if (shown) inTab.set(SHOWN, "yes");
    else inTab.remove(SHOWN);
  }

  open() {
    this.charts.lesson = this.learn.lesson;
    this.setShown(true);
    this.show();
    this.look();
    this.find(this.own ? ".lc-back" : ".lc-begin").focus();
  }

  close() {
    this.setShown(false);
    this.learn.show();
    this.find(".ln-class-open").focus();
  }

  async begin() {
    const button = this.find(".lc-begin");
    button.disabled = true;
    try {
      const { key, code } = await askClass(this.learn.app, "new", "", {});
      this.own = { key, code };
      keep(KEPT, this.own);
      this.known.clear();
      this.go();
      this.find(".lc-copy").focus();
    } catch (error) {
      this.setStatus(WORDS[error.message] ?? "lost");
    }
    button.disabled = false;
  }

  // From now on there is a class: links carry its code.
  go() {
    this.learn.app.teach.chosen.class = this.own?.code ?? this.learn.app.teach.asked.class;
    this.setStatus("");
    this.show();
    this.look();
  }

  async end() {
    if (!window.confirm(t("live_class.end_sure"))) return;
    const { own } = this;
    try {
      await askClass(this.learn.app, "end", own.code, { key: own.key });
      this.forget();
    } catch {
      this.setStatus("not_ended");
    }
  }

  forget() {
    this.own = null;
    inBrowser.remove(KEPT);
    this.known.clear();
    clearTimeout(this.timer);
    this.go();
    this.setStatus("ended");
    if (this.shown) this.find(".lc-begin").focus();
  }

  // Ask what is new, one question after the other, while there is a class.
  async look() {
    if (!this.own || this.busy) return;
    clearTimeout(this.timer);
    this.busy = true;
    const { own, known } = this, message = { key: own.key, epoch: known.epoch, since: known.version, ...(this.restore && { restore: this.restore }) };
    let wait = EVERY;
    try {
      const answer = await askClass(this.learn.app, "look", own.code, message);
      if (this.own === own) this.take(answer);
      if (this.restore) wait = 0;
    } catch (error) {
      if (error.message === "class_ended" && this.own === own) this.forget();
      else if (this.own === own) this.setStatus(WORDS[error.message] ?? "lost");
      if (error.message !== "lost") wait = CALM;
      if (error.message === "error") this.restart(); // a server with other lessons cannot take it all up
    }
    this.busy = false;
    const seen = this.shown && !document.hidden && this.learn.app.views.shown === "learn";
    if (this.own) this.timer = setTimeout(() => this.look(), wait && about(seen ? wait : UNSEEN));
  }

  take(answer) {
    this.restore = this.known.take(answer);
    if (this.restore) return;
    this.setStatus("");
    this.show();
  }

  restart() {
    this.restore = null;
    this.known.clear();
  }

  setStatus(status) {
    this.status = status;
    this.find(".lc-status").hidden = !status;
    this.find(".lc-status").textContent = status && t(`live_class.status.${status}`);
  }

  show() {
    const { own, known, find } = this, some = known.records.size > 0;
    // Who came by a student's link has no class to open.
    find(".ln-class-open").hidden = !own && Boolean(this.learn.app.teach.asked.class);
    find(".ln-class-open").classList.toggle("on", Boolean(own));
    if (!this.shown) return;
    find(".lc-none").hidden = Boolean(own);
    find(".lc-some").hidden = !own;
    find(".lc-end").hidden = !own;
    find(".lc-here").hidden = !some;
    find(".lc-empty").hidden = some;
    find(".lc-seen").hidden = !some;
    this.setStatus(this.status);
    if (!own) return;
    const { link } = this, lost = known.lost ? [element("span", { className: "lc-lost", textContent: t("live_class.lost", { n: known.lost }) })] : [];
    if (find(".lc-link").value !== link) find(".lc-link").value = link;
    find(".lc-large").textContent = link;
    const told = [element("b", { textContent: t("live_class.here", { n: known.present }) }), ...lost], texts = told.map((one) => one.textContent).join();
    if (find(".lc-here").dataset.told !== texts) find(".lc-here").replaceChildren(...told);
    find(".lc-here").dataset.told = texts;
    this.charts.show();
  }
}
