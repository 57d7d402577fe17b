// For a lecturer: signed files of a class, checked by the server, as a table and as CSV.

import { complain } from "./signed-file.js";
import { element } from "../shared/dom.js";
import { save } from "../shared/files.js";
import { t } from "../shared/i18n.js";
import { ask } from "../shared/request.js";

const MOST_FILES = 200, MOST_BYTES = 262_144; // what the server takes at once, and of a file

// What stands in a file; nothing of what is too long or no file, which is no report then.
const textOf = (file) => (file.size > MOST_BYTES ? Promise.resolve("") : file.text().catch(() => ""));

export class CheckBox {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.find = learn.find;
    this.checked = null;
    const box = this.find(".ln-check-box"), input = this.find(".ln-check-files"), place = this.find(".ln-drop");
    this.find(".ln-check").onclick = () => box.showModal();
    input.onchange = () => this.check([...input.files]).finally(() => { input.value = ""; });
    const over = (event) => {
      event.preventDefault();
      place.classList.toggle("over", event.type === "dragover");
    };
    Object.assign(box, { ondragover: over, ondragleave: over });
    box.ondrop = (event) => {
      over(event);
      this.check([...event.dataTransfer.files]);
    };
    this.find(".ln-check-csv").onclick = () => save("ganplay-class.csv", this.checked.csv, "text/csv;charset=utf-8");
    this.show();
  }

  async check(chosen) {
    const { app } = this.learn;
    if (!chosen.length) return;
    if (chosen.length > MOST_FILES) return app.toast(t("learn.check.too_many", { n: chosen.length }));
    const files = await Promise.all(chosen.map(async (file) => ({ name: file.name, text: await textOf(file) })));
    try {
      const answer = await ask(app, "lessons/check", { type: "application/json", body: JSON.stringify({ files }), renew: true });
      this.checked = { ...(await answer.json()), all: files.length };
      this.show();
    } catch (error) {
      complain(app, error, "learn.check.failed");
    }
  }

  show() {
    const { find, checked } = this;
    for (const name of [".ln-check-csv", ".ln-check-table"]) find(name).hidden = !checked;
    find(".ln-check-passing").hidden = !checked || checked.lasting;
    if (!checked) return;
    const { rows, all } = checked, valid = rows.reduce((sum, { files }) => sum + files, 0);
    find(".ln-check-found").textContent = t("learn.check.found", { valid, all });
    find(".ln-check-claimed").hidden = !rows.some(({ claimed }) => claimed?.length);
    find(".ln-check-table").replaceChildren(this.table(rows));
  }

  table(rows) {
    const { lessons, say } = this.learn, first = Math.min(1, lessons[0].order);
    const known = new Set(lessons.map(({ name }) => name));
    const others = [...new Set(rows.flatMap((row) => Object.keys(row.lessons || {})))].filter((name) => !known.has(name));
    const columns = [...lessons.map((lesson, i) => ({ name: lesson.name, short: first + i, title: say(lesson.title) })), ...others.map((name) => ({ name, short: name, title: name }))];
    const names = ["learn.check.name", "learn.check.status", "learn.check.signed_at", "learn.report.points", "learn.check.finished"];
    const heads = names.map((key) => element("th", { scope: "col", textContent: t(key) }));
    const numbers = columns.map(({ short, title }) => element("th", { scope: "col", textContent: short, title, ariaLabel: title }));
    const head = element("tr", {}, ...heads, ...numbers, element("th", { scope: "col", textContent: t("learn.check.file") }));
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows.map((row) => this.row(row, columns))));
  }

  row(row, columns) {
    const { lang } = this.learn.app.root, valid = row.status === "valid";
    const cell = (textContent, className = "") => element("td", { textContent, className });
    const when = valid ? new Date(row.signed_at).toLocaleString(lang, { dateStyle: "short", timeStyle: "short" }) : "";
    const shares = columns.map(({ name }) => {
      const share = row.lessons?.[name], mark = row.claimed?.includes(name) ? "*" : "";
      return cell(share === undefined ? "" : `${share} %${mark}`);
    });
    const newest = row.files > 1 ? ` (${t("learn.check.newest", { n: row.files })})` : "";
    return element("tr", {},
      element("th", { scope: "row", textContent: valid ? row.name || t("learn.check.no_name") : "" }),
      cell(t(`learn.check.is.${row.status}`), valid ? "ok" : "no"), cell(when),
      cell(valid ? t("learn.report.of", { n: row.points, all: row.possible }) : ""), cell(valid ? row.finished : ""),
      ...shares, cell(row.file + newest));
  }
}
