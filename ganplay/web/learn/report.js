// The report on all lessons: scores, what was asked and answered, what was run with which seeds, what
// came out. To be printed, saved as a page that needs nothing else, or signed by the server.

import { begun, scoreOf } from "./scores.js";
import { saveSigned } from "./signed-file.js";
import { copy } from "../shared/clipboard.js";
import { element } from "../shared/dom.js";
import { save } from "../shared/files.js";
import { pageAddress } from "../shared/page-address.js";
import { paletteOf } from "../shared/palette.js";
import { current, number, t } from "../shared/i18n.js";
import { namesSent, nameStudent, sendNames, studentName } from "../shared/storage.js";

// As the paper that it is printed on, whatever the theme.
const style = ({ inkText, sheetLine, muted, good, missing }) => `body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:760px;color:${inkText}}h1{font-size:22px}h2{font-size:17px;margin:26px 0 4px}h3{font-size:15px;margin:14px 0 4px}p{margin:4px 0}table{border-collapse:collapse;width:100%;font-size:12px}td,th{border:1px solid ${sheetLine};padding:2px 6px;text-align:right}th:first-child,td:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:10px}.plots figure{margin:0;flex:1 1 300px;max-width:420px}.plots img{width:100%;border:1px solid ${sheetLine}}figcaption{font-size:12px;color:${muted}}.ok{color:${good}}.no{color:${missing}}`;
const line = (textContent, className = "") => element("p", { className, textContent });
// A table that can be scrolled sideways where it is wider than the page, by keys too.
const wide = (ariaLabel, table) => element("div", { className: "ln-wide", role: "group", tabIndex: 0, ariaLabel }, table);

export class Sheet {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    const { find } = learn;
    this.learn = learn;
    this.box = find(".ln-sheet-box");
    this.sheet = find(".ln-sheet");
    find(".ln-sheet-open").onclick = () => this.open();
    find(".ln-print").onclick = () => window.print();
    find(".ln-save").onclick = () => this.save();
    find(".ln-sign").onclick = ({ target }) => {
      target.disabled = true;
      saveSigned(learn).finally(() => { target.disabled = false; });
    };
    find(".ln-sheet-copy").onclick = ({ target }) => copy(target, find(".ln-sheet-link").value);
    find(".ln-student").oninput = ({ target }) => this.change(() => nameStudent(target.value));
    find(".ln-consent input").onchange = ({ target }) => this.change(() => sendNames(target.checked));
  }

  // What was typed or chosen about the student shows at once.
  change(does) {
    does();
    this.learn.happenings.show();
    this.name();
  }

  open() {
    const { find, happenings: { host } } = this.learn, consent = find(".ln-consent");
    find(".ln-student").value = studentName();
    consent.hidden = !host;
    consent.querySelector("input").checked = namesSent();
    consent.querySelector("span").textContent = t("learn.report.consent", { host });
    find(".ln-sheet-link").value = `${pageAddress()}#learn`;
    find(".ln-signed-about").textContent = t(`learn.signed.${this.learn.lasting ? "lasting" : "passing"}`);
    this.fill();
    this.box.showModal();
  }

  // The lessons with what the browser keeps of each, and their scores.
  work() {
    const { lessons, learnt } = this.learn;
    return lessons.map((lesson) => {
      const mine = learnt.of(lesson.name);
      return { lesson, mine, begun: begun(mine), score: scoreOf(lesson, mine), finished: learnt.finished(lesson) };
    });
  }

  fill() {
    const { learn } = this, work = this.work(), started = work.filter((one) => one.begun);
    const total = (of) => started.reduce((sum, { score }) => sum + score[of], 0);
    const done = work.filter(({ finished }) => finished).length;
    this.learn.find(".ln-sign").disabled = !started.length;
    this.sheet.replaceChildren(
      element("h1", { textContent: t("learn.report.title") }),
      line("", "ln-of-student"),
      line(`ganplay · ${new Date().toLocaleDateString(learn.app.root.lang)}`, "ln-date"),
      line(t("learn.report.total", { points: total("points"), possible: total("possible"), done, all: work.length })),
      this.summary(work), line(t("learn.report.scored"), "ln-date"),
      ...(started.length ? started.map((one) => this.lesson(one)) : [line(t("learn.report.none"))]));
    this.name();
  }

  name() {
    const own = this.learn.find(".ln-of-student"), name = studentName();
    own.hidden = !name;
    own.textContent = name && t("learn.report.of_student", { name });
  }

  // A line a lesson; its title leads to it.
  summary(work) {
    const of = (n, all) => t("learn.report.of", { n, all });
    const heads = ["lesson", "answers", "tasks", "reached", "points", "when"].map((name) => element("th", { scope: "col", textContent: t(`learn.report.${name}`) }));
    const rows = work.map(({ lesson, mine, begun: is, score }) => {
      const link = element("a", { href: `${pageAddress()}#learn=${lesson.name}`, target: "_blank", rel: "noopener", textContent: this.learn.say(lesson.title) });
      const when = mine.at ? new Date(mine.at).toLocaleString(this.learn.app.root.lang, { dateStyle: "short", timeStyle: "short" }) : "–";
      const cells = [of(score.right, score.questions), score.tasks ? of(score.solved, score.tasks) : "–",
        score.reached ? t(`learn.steps.${score.reached}`) : "–", of(score.points, score.possible), when];
      return element("tr", {}, element("th", { scope: "row" }, link), ...cells.map((textContent) => element("td", { textContent: is ? textContent : "–" })));
    });
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    return wide(t("learn.report.scroll"), table);
  }

  lesson({ lesson, mine }) {
    const { say } = this.learn, heading = (step) => element("h3", { textContent: t(`learn.steps.${step}`) });
    const parts = [element("h2", { textContent: say(lesson.title) }), heading("predict")];
    parts.push(...lesson.questions.flatMap((question, i) => [line(say(question.text)), this.answer(question, mine.answers[i])]));
    const runs = Object.entries(lesson.runs).filter(([part]) => mine.runs[part]);
    if (runs.length) parts.push(heading("run"), this.plots(runs.map(([part, run]) => [say(run.name), mine.runs[part]])));
    for (const [part, { name }] of runs) {
      const checks = lesson.checks.filter((check) => check.run === part);
      if (mine.runs[part].outcomes.length) parts.push(this.table(say(name), checks, mine.runs[part]));
    }
    if (mine.explained) parts.push(heading("explain"), ...lesson.explain.map((text) => line(say(text))));
    for (const [name, task] of Object.entries(lesson.tasks)) {
      const done = mine.tasks[name];
      if (!done) continue;
      parts.push(heading(name), line(say(task.text)));
      parts.push(element("p", {}, element("b", { textContent: `${t("learn.settings")} ` }), this.settings(done.changes)));
      parts.push(this.table(say(task.run.name), task.checks, done), this.plots([[say(task.run.name), done]]));
    }
    if (lesson.visit && Object.keys(mine.deeds).length) parts.push(heading("visit"), line(say(lesson.visit.todo)), ...this.goals(lesson.visit.goals, mine.deeds));
    return element("section", {}, ...parts);
  }

  // What was answered to a question, if it was.
  answer({ answers, right }, given) {
    const none = !answers[given], mark = given === right ? { className: "ok", textContent: " ✓" } : { className: "no", textContent: " ✗" };
    return element("p", {}, element("b", { textContent: `${t("learn.your_answer")} ` }),
      none ? t("learn.unanswered") : this.learn.say(answers[given].text), none ? "" : element("b", mark));
  }

  goals(goals, deeds) {
    return Object.entries(goals).map(([deed, n]) => {
      const met = (deeds[deed] || 0) >= n;
      return element("p", {}, t(`learn.deeds.${deed}`, { n }), element("b", { className: met ? "ok" : "no", textContent: met ? " ✓" : " ✗" }));
    });
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

  // The values of each check; of checks that a lesson no longer has, none.
  table(name, checks, run) {
    const head = element("tr", {}, element("th", { textContent: t("learn.seeds_short") }), ...run.seeds.map((seed) => element("th", { textContent: seed })), element("th", { textContent: "" }));
    const rows = checks.slice(0, run.outcomes.length).map((check, i) => {
      const outcome = run.outcomes[i];
      return element("tr", {}, element("td", { textContent: `${this.learn.say(check.name)} (${this.learn.guide.bounds(check)})` }),
        ...outcome.values.map((value, k) => element("td", { className: outcome.kept[k] ? "ok" : "no", textContent: value !== null && Number.isInteger(value) ? value : number(value) })),
        element("td", { className: outcome.holds ? "ok" : "no", textContent: outcome.holds ? "✓" : "✗" }));
    });
    return wide(name, element("table", {}, head, ...rows));
  }

  save() {
    const page = document.implementation.createHTMLDocument(t("learn.report.title"));
    page.documentElement.lang = current() === "zh" ? "zh-CN" : "en";
    page.head.append(element("meta", {}), element("style", { textContent: style(paletteOf("light")) }));
    page.head.querySelector("meta").setAttribute("charset", "utf-8");
    page.body.append(this.sheet.cloneNode(true));
    save("ganplay-report.html", `<!doctype html>${page.documentElement.outerHTML}`, "text/html");
  }
}
