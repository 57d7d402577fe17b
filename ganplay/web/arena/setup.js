// What an arena is to be made of: a base, one axis or two with their values, and how many seeds. As
// a text, which stands in the address: `base:ring;seeds:3;lr_g:1e-4,1e-3;loss:hinge`.

import { choice, element } from "../shared/dom.js";
import { nameOf, valueOf } from "../shared/setting-names.js";
import { has, t } from "../shared/i18n.js";

const MAIN = ["loss", "penalty", "remedy", "lr_ratio", "lr_g", "lr_d", "width", "batch_size", "seed"];
const FIRST = { base: "lab", seeds: 3, axes: [{ name: "loss" }, null] };

export const axisName = (field) => (has(`arena.axes.${field.name}`) ? t(`arena.axes.${field.name}`) : nameOf(field));

export function valueName(name, value) {
  if (name === "remedy") return t(`arena.remedies.${value}`);
  return Number.isInteger(value) ? String(value) : valueOf(name, value);
}

// Whether values are ticked, not written.
export const ticked = (field) => Boolean(field.choices) && field.choices.every((one) => typeof one !== "number");

export function write({ base, seeds, axes }) {
  const chosen = axes.filter(Boolean).map(({ name, values }) => `${name}:${values.join(",")}`);
  return [`base:${base}`, `seeds:${seeds}`, ...chosen].join(";");
}

// The choice of a text, as far as there are such axes; null if it has none.
export function read(text, fields, bases) {
  const found = { ...FIRST, axes: [] };
  for (const piece of text.split(";")) {
    const colon = piece.indexOf(":"), name = piece.slice(0, colon), value = piece.slice(colon + 1);
    if (name === "base" && bases.includes(value)) found.base = value;
    else if (name === "seeds" && /^\d{1,2}$/.test(value)) found.seeds = Number(value);
    else if (fields[name] && found.axes.length < 2) found.axes.push({ name, values: split(value, fields[name]) });
  }
  if (!found.axes.length) return null;
  return { ...found, axes: [found.axes[0], found.axes[1] || null] };
}

// Values of a list: numbers stay as they were written, so that the server can say what is wrong.
function split(text, field) {
  const all = text.split(",").map((one) => one.trim()).filter(Boolean);
  return field.kind === "flag" ? all.map((one) => ({ true: true, false: false })[one] ?? one) : all;
}

// A number as it is typed: 1e-4.
const short = (value) => (typeof value === "number" && value && Math.abs(value) < 0.01 ? value.toExponential() : String(value));

export class Setup {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    this.arena = arena;
    this.host = arena.find(".ar-setup");
    const { axes, seeds, cells, members } = this.arena.app.schema.arena;
    this.fields = Object.fromEntries(axes.map((field) => [field.name, field]));
    this.most = { seeds, cells, members };
    this.bases = ["lab", ...Object.keys(this.arena.app.schema.presets)];
    this.now = this.filled(FIRST);
    this.host.onsubmit = (event) => {
      event.preventDefault();
      this.arena.make();
    };
  }

  // Axes without values get those to begin with.
  filled(choice) {
    const values = (axis) => axis && { name: axis.name, values: axis.values?.length ? axis.values : this.usual(axis.name) };
    return { ...choice, axes: choice.axes.map(values) };
  }

  // Those of one axis are as many as there can be; of two, at most four each way.
  usual(name, beside = false) {
    return this.fields[name].usual.slice(0, beside ? Math.sqrt(this.most.cells) : this.most.cells);
  }

  take(text) {
    const choice = read(text, this.fields, this.bases);
    if (choice) this.now = this.filled(choice);
    return Boolean(choice);
  }

  get seedsCompared() {
    return this.now.axes.some((axis) => axis?.name === "seed");
  }

  get seeds() {
    return this.seedsCompared ? 1 : this.now.seeds;
  }

  // What the server is asked for.
  get asked() {
    const { base, axes } = this.now, { app } = this.arena;
    return { base: base === "lab" ? { ...app.lab.config } : app.schema.presets[base], axes: axes.filter(Boolean), seeds: this.seeds };
  }

  build() {
    const focused = document.activeElement?.id, { now, arena: { app } } = this;
    const option = (value, text) => element("option", { value, textContent: text });
    const bases = this.bases.map((name) => option(name, t(name === "lab" ? "arena.from_lab" : `presets.${name}.label`)));
    const base = choice({ id: "ar-base" }, bases, now.base, (name) => { now.base = name; });
    const seeds = element("input", { id: "ar-seeds", type: "number", min: 1, max: this.most.seeds, step: 1, value: this.seeds, inputMode: "numeric" });
    seeds.disabled = this.seedsCompared;
    seeds.onchange = () => {
      now.seeds = Number(seeds.value);
      this.count();
    };
    this.sum = element("p", { className: "ar-sum", role: "status" });
    this.host.replaceChildren(
      element("h2", { textContent: t("arena.setup") }),
      this.row("ar-base", t("arena.base"), t("arena.base_tip"), base),
      this.axis(0), this.axis(1),
      this.row("ar-seeds", t("arena.seeds"), t("arena.seeds_tip"), seeds),
      this.sum,
      element("button", { type: "submit", className: "ar-make primary", textContent: t("arena.make"), title: t("arena.make_tip") }),
      element("p", { className: "ar-hint", textContent: t("arena.about") }));
    this.count();
    if (focused) app.find(`#${CSS.escape(focused)}`)?.focus();
  }

  row(id, text, tip, ...what) {
    return element("div", { className: "ar-row", title: tip }, element("label", { htmlFor: id, textContent: text }), ...what);
  }

  axis(place) {
    const axis = this.now.axes[place], id = `ar-axis-${place + 1}`;
    const other = this.now.axes[1 - place]?.name;
    const option = (field) => element("option", { value: field.name, textContent: axisName(field), disabled: field.name === other });
    const main = MAIN.map((name) => this.fields[name]), rest = Object.values(this.fields).filter(({ name }) => !MAIN.includes(name));
    const select = choice({ id }, [
      ...(place ? [element("option", { value: "", textContent: t("arena.no_axis") })] : []),
      element("optgroup", { label: t("arena.main_axes") }, ...main.map(option)),
      ...this.arena.app.schema.groups.map((group) => element("optgroup", { label: t(`groups.${group}`) }, ...rest.filter((field) => field.group === group).map(option))),
    ], axis?.name ?? "", (name) => this.choose(place, name));
    const values = axis ? [ticked(this.fields[axis.name]) ? this.chips(axis) : this.list(axis, place)] : [];
    const row = this.row(id, t(place ? "arena.axis_2" : "arena.axis_1"), t("arena.axis_tip"), select);
    return element("fieldset", { className: "ar-axis" }, row, ...values);
  }

  choose(place, name) {
    const { axes } = this.now, two = name ? Boolean(axes[1 - place]) : false;
    axes[place] = name ? { name, values: this.usual(name, two) } : null;
    const other = axes[1 - place];
    if (two && other.values.length > 4) other.values = other.values.slice(0, 4);
    this.build();
  }

  list(axis, place) {
    const ariaLabel = t("arena.values", { name: axisName(this.fields[axis.name]) }), value = axis.values.map(short).join(", ");
    const usual = { type: "text", autocomplete: "off", spellcheck: false, title: t("arena.values_tip") };
    const input = element("input", { id: `ar-values-${place + 1}`, value, ariaLabel, ...usual });
    input.oninput = () => {
      axis.values = split(input.value.replace(/[，、;\s]+/g, ","), this.fields[axis.name]);
      this.count();
    };
    return input;
  }

  chips(axis) {
    const field = this.fields[axis.name], all = field.choices.filter((value) => value !== "own");
    const chips = all.map((value) => {
      const tick = element("input", { type: "checkbox", checked: axis.values.includes(value), id: `ar-${axis.name}-${value}` });
      tick.onchange = () => {
        axis.values = all.filter((one) => (one === value ? tick.checked : axis.values.includes(one)));
        this.count();
      };
      return element("label", { className: "ar-chip pick" }, tick, element("span", { textContent: valueName(axis.name, value) }));
    });
    return element("div", { className: "ar-chips", role: "group", ariaLabel: t("arena.values", { name: axisName(field) }) }, ...chips);
  }

  // How many there would be; whether that can be is the server's word, but said before it is asked.
  count() {
    const cells = this.now.axes.filter(Boolean).reduce((all, { values }) => all * values.length, 1), members = cells * this.seeds;
    const many = cells > this.most.cells || members > this.most.members;
    this.sum.textContent = t("arena.sum", { cells, seeds: this.seeds, members }) + (many ? ` ${t("arena.too_many", this.most)}` : "");
    this.sum.classList.toggle("wrong", many);
  }
}
