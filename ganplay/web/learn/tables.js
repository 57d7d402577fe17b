// Tables beside a lesson's curves, whose cells are the darker the larger their number is.

import { element } from "../shared/dom.js";
import { number, t } from "../shared/i18n.js";

function cell(textContent, share) {
  const made = element("td", { textContent });
  made.style.setProperty("--share", String(share));
  return made;
}

const heading = (textContent, scope) => element("th", { textContent, scope });

// How many samples of each class (row) are at each cluster (column).
/** @param {Element} table @param {number[][]} counts */
export function showClasses(table, counts) {
  const most = Math.max(...counts.flat(), 1);
  const head = element("tr", {}, element("th", { textContent: "y" }), ...counts[0].map((_, k) => heading(k + 1, "col")));
  table.replaceChildren(head, ...counts.map((row, y) => element("tr", {}, heading(y + 1, "row"),
    ...row.map((count) => cell(count || "", count / most)))));
}

// How much each attribute (column), from -1 to 1, changes in each run (row).
/** @param {Element} table @param {string[]} attributes @param {{ name: string, changes: number[], now: boolean }[]} runs */
export function showChanges(table, attributes, runs) {
  const head = element("tr", {}, element("th"), ...attributes.map((name) => heading(t(`explore.named.${name}`), "col")));
  table.replaceChildren(head, ...runs.map(({ name, changes, now }) => element("tr", { ariaCurrent: now ? "true" : null }, heading(name, "row"),
    ...changes.map((change) => cell(signed(change), Math.abs(change))))));
}

const signed = (change) => (change > 0 ? "+" : "") + number(Math.round(100 * change) / 100);
