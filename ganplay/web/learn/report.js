// A one-page report of a lesson: what was asked and answered, what was run with which seeds, what
// came out. To be printed, or saved as a page that needs nothing else.

import { element } from "../shared/dom.js";
import { save } from "../shared/files.js";
import { paletteOf } from "../shared/palette.js";
import { current, number, t } from "../shared/i18n.js";

// As the paper that it is printed on, whatever the theme.
const style = ({ inkText, sheetLine, muted, good, missing }) => `body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:760px;color:${inkText}}h1{font-size:22px}h2{font-size:15px;margin:18px 0 4px}p{margin:4px 0}table{border-collapse:collapse;width:100%;font-size:12px}td,th{border:1px solid ${sheetLine};padding:2px 6px;text-align:right}th:first-child,td:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:10px}.plots figure{margin:0;flex:1 1 300px;max-width:420px}.plots img{width:100%;border:1px solid ${sheetLine}}figcaption{font-size:12px;color:${muted}}.ok{color:${good}}.no{color:${missing}}`;

export class Sheet {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.box = learn.find(".ln-sheet-box");
    this.sheet = learn.find(".ln-sheet");
    learn.find(".ln-sheet-open").onclick = () => this.open();
    learn.find(".ln-print").onclick = () => window.print();
    learn.find(".ln-save").onclick = () => this.save();
  }

  open() {
    const { learn } = this, { lesson, say } = learn, mine = learn.learnt.of(lesson.name);
    const heading = (step) => element("h2", { textContent: t(`learn.steps.${step}`) });
    const line = (textContent, className = "") => element("p", { className, textContent });
    const parts = [
      element("h1", { textContent: say(lesson.title) }),
      line(`ganplay · ${new Date().toLocaleDateString(learn.app.root.lang)}`, "ln-date"),
      heading("predict"), ...lesson.questions.flatMap((question, i) => [line(say(question.text)), this.answer(question, mine.answers[i])]),
    ];
    const runs = Object.entries(lesson.runs).filter(([part]) => mine.runs[part]);
    if (runs.length) parts.push(heading("run"), this.plots(runs.map(([part, run]) => [say(run.name), mine.runs[part]])));
    for (const [part] of runs) if (mine.runs[part].outcomes.length) parts.push(this.table(lesson.checks.filter((check) => check.run === part), mine.runs[part]));
    for (const [name, task] of Object.entries(lesson.tasks)) {
      const done = mine.tasks[name];
      if (!done) continue;
      parts.push(heading(name), line(say(task.text)));
      parts.push(element("p", {}, element("b", { textContent: `${t("learn.settings")} ` }), this.settings(done.changes)));
      parts.push(this.table(task.checks, done), this.plots([[say(task.run.name), done]]));
    }
    parts.push(heading("explain"), ...lesson.explain.map((text) => line(say(text))));
    this.sheet.replaceChildren(...parts);
    this.box.showModal();
  }

  // What was answered to a question, if it was.
  answer({ answers, right }, given) {
    const none = given === undefined, mark = given === right ? { className: "ok", textContent: " ✓" } : { className: "no", textContent: " ✗" };
    return element("p", {}, element("b", { textContent: `${t("learn.your_answer")} ` }),
      none ? t("learn.unanswered") : this.learn.say(answers[given].text), none ? "" : element("b", mark));
  }

  settings(changes) {
    const names = Object.entries(changes || {});
    return names.length ? names.map(([name, value]) => `${t(`fields.${name}.label`)}: ${value}`).join(" · ") : t("learn.unchanged");
  }

  plots(runs) {
    const shown = runs.filter(([, run]) => run.picture);
    return element("div", { className: "plots" }, ...shown.map(([name, { picture, step }]) =>
      element("figure", {}, element("img", { src: picture, alt: name }), element("figcaption", { textContent: step ? t("learn.at_step", { name, step }) : name }))));
  }

  table(checks, run) {
    const head = element("tr", {}, element("th", { textContent: t("learn.seeds_short") }), ...run.seeds.map((seed) => element("th", { textContent: seed })), element("th", { textContent: "" }));
    const rows = checks.map((check, i) => {
      const outcome = run.outcomes[i];
      return element("tr", {}, element("td", { textContent: `${this.learn.say(check.name)} (${this.learn.guide.bounds(check)})` }),
        ...outcome.values.map((value, k) => element("td", { className: outcome.kept[k] ? "ok" : "no", textContent: value !== null && Number.isInteger(value) ? value : number(value) })),
        element("td", { className: outcome.holds ? "ok" : "no", textContent: outcome.holds ? "✓" : "✗" }));
    });
    return element("table", {}, head, ...rows);
  }

  save() {
    const page = document.implementation.createHTMLDocument(this.learn.say(this.learn.lesson.title));
    page.documentElement.lang = current() === "zh" ? "zh-CN" : "en";
    page.head.append(element("meta", {}), element("style", { textContent: style(paletteOf("light")) }));
    page.head.querySelector("meta").setAttribute("charset", "utf-8");
    page.body.append(this.sheet.cloneNode(true));
    save(`ganplay-${this.learn.lesson.name}.html`, `<!doctype html>${page.documentElement.outerHTML}`, "text/html");
  }
}
