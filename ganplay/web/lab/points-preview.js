// What a table was read as: its first rows, with a choice of what each column is, before its points
// are used.

import { choice, element } from "../shared/dom.js";
import { t, whole } from "../shared/i18n.js";

const ROLES = ["none", "x", "y", "class"], KIND_ROLES = ["kind", "class"], ROWS = ["real", "fake", "all"];
const MOST_NAMES = 8;

// The columns, numbered from 1 (0: none), that have the roles; as the server's route is asked.
export function queryOf(roles, rows) {
  const place = (role) => String(roles.indexOf(role) + 1);
  return new URLSearchParams({ x: place("x"), y: place("y"), class: place("class"), ...(rows && { rows }) });
}

// Roles after one column was given another: no two columns have the same.
export function withRole(roles, column, role) {
  return roles.map((one, i) => (i === column ? role : one === role ? "none" : one));
}

export class PointsPreview {
  /** @param {import("./data-editor.js").DataEditor} editor */
  constructor(editor) {
    this.editor = editor;
    this.lab = editor.lab;
    this.box = this.lab.find(".points-box");
    this.asked = 0;
    this.lab.find(".points-use").onclick = () => this.use();
    this.lab.find(".points-cancel").onclick = () => this.box.close();
    this.lab.app.addEventListener("words", () => this.box.open && this.build());
  }

  // Of a file, and what the server has answered to it.
  open(file, answer) {
    this.file = file;
    this.answer = answer;
    const { columns, rows_of: rows } = answer.table;
    this.roles = columns.map(({ role }) => role || "none");
    this.rows = rows;
    this.build();
    if (!this.box.open) this.box.showModal();
    this.lab.find(".points-use").focus(); // an autofocus is told off within another site's page
  }

  name(column) {
    return this.answer.table.columns[column].name || `#${column + 1}`;
  }

  build() {
    const { table } = this.answer;
    this.lab.find(".points-name").textContent = this.file.name;
    this.lab.find(".points-about").textContent = t("own.table.about", { shown: whole(table.rows.length), count: whole(table.count) });
    const heads = table.columns.map((_, i) => element("th", { scope: "col" }, element("span", { textContent: this.name(i) }), this.select(i)));
    const rows = table.rows.map((cells) => element("tr", {}, ...cells.map((textContent) => element("td", { textContent }))));
    this.lab.find(".points-table").replaceChildren(
      element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    const kinds = this.lab.find(".points-kinds");
    const options = ROWS.map((value) => element("option", { value, textContent: t(`own.table.${value}`) }));
    kinds.hidden = !this.rows;
    kinds.querySelector("select")?.remove();
    kinds.append(choice({ className: "points-rows" }, options, this.rows || "all", (rows) => this.choose(this.roles, rows)));
    this.tell();
  }

  select(column) {
    const kind = this.roles[column] === "kind" || this.answer.table.columns[column].role === "kind";
    const options = (kind ? KIND_ROLES : ROLES).map((value) => element("option", { value, textContent: t(`own.table.roles.${value}`) }));
    const properties = { ariaLabel: t("own.table.role", { column: this.name(column) }) };
    return choice(properties, options, this.roles[column], (role) => this.choose(withRole(this.roles, column, role), this.rows));
  }

  // Other columns or rows: what they give is asked for anew; what was asked before counts no more.
  async choose(roles, rows) {
    Object.assign(this, { roles, rows });
    const selects = this.lab.find(".points-table").querySelectorAll("select");
    for (const [i, select] of selects.entries()) select.value = roles[i];
    const asked = ++this.asked;
    this.answer = { table: this.answer.table };
    this.tell();
    if (!["x", "y"].every((role) => roles.includes(role))) return;
    const answer = await this.editor.ask(this.file, String(queryOf(roles, rows)));
    if (asked !== this.asked || !this.box.open) return;
    this.answer = { ...answer, table: answer.table || this.answer.table };
    this.tell();
  }

  // What the columns give, in words; nothing while it is not known.
  tell() {
    const { answer, roles } = this, missing = !["x", "y"].every((role) => roles.includes(role));
    const texts = missing ? [t("own.table.missing")] : answer.error ? [this.editor.words(answer.error, this.file)] : answer.points ? this.found() : [];
    const told = this.lab.find(".points-found");
    told.replaceChildren(...texts.map((textContent) => element("p", { textContent })));
    told.classList.toggle("wrong", missing || Boolean(answer.error));
    this.lab.find(".points-use").disabled = missing || !answer.points;
  }

  found() {
    const { count, table } = this.answer;
    const texts = [t("own.table.found", { count: whole(count) })];
    if (table.classes.length > 1) {
      const names = table.classes.slice(0, MOST_NAMES).map(({ name, count: size }) => t("own.table.class", {
        name: name || t("own.table.no_class"), count: whole(size),
      }));
      if (table.classes.length > MOST_NAMES) names.push("…");
      texts.push(t("own.table.classes", { count: table.classes.length, names: names.join(", ") }));
    }
    const notes = table.notes.map(({ code, ...values }) => t(`own.table.notes.${code}`, {
      ...this.editor.shown(values), ...(values.kind && { kind: t(`own.table.${values.kind}`) }),
    }));
    return [...texts, ...notes];
  }

  use() {
    this.editor.learn(this.answer.points);
    this.box.close();
  }
}
