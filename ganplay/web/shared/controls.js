// The settings panel: a control for each field of ToyConfig, made from the schema.

import { element, narrow } from "./dom.js";
import { t, has } from "./i18n.js";

const SLIDER_STEPS = 200;

// Where a number stands on its slider (0 to SLIDER_STEPS), and back. On a logarithmic slider 0
// stands at the very left, and the rest begins six powers of ten below the top.
export function scale(field) {
  const [low, high] = field.bounds, whole = field.kind === "integer";
  const rounded = (v) => (whole ? Math.round(v) : Number(v.toPrecision(field.log ? 2 : 3)));
  if (!field.log) {
    const steps = whole ? Math.min(SLIDER_STEPS, high - low) : SLIDER_STEPS;
    return {
      steps,
      at: (value) => Math.round(((value - low) / (high - low)) * steps),
      value: (at) => rounded(low + ((high - low) * at) / steps),
    };
  }
  const least = low > 0 ? low : whole ? 1 : high / 1e6;
  const first = low > 0 ? 0 : 1;
  return {
    steps: SLIDER_STEPS,
    at: (value) => value < least && first ? 0
      : Math.round(first + (SLIDER_STEPS - first) * Math.log(Math.max(value, least) / least) / Math.log(high / least)),
    value: (at) => (first && at === 0 ? 0
      : Math.min(high, Math.max(low, rounded(least * (high / least) ** ((at - first) / (SLIDER_STEPS - first)))))),
  };
}

export class Controls {
  // `prefix` begins the controls' ids, so that two panels can stand on one page.
  constructor(host, schema, change, prefix = "lab") {
    this.host = host;
    this.schema = schema;
    this.change = change;
    this.prefix = prefix;
    this.inputs = {};
    this.config = {};
    this.build();
  }

  build() {
    const open = [...this.host.querySelectorAll("details")].map((one) => one.open);
    this.host.replaceChildren();
    for (const group of this.schema.groups) {
      const fields = this.schema.fields.filter(
        (f) => f.group === group && !["distribution", "seed"].includes(f.name));
      const box = element("details", { className: `group group-${group}`, dataset: { part: `settings-${group}` } },
        element("summary", { textContent: t(`groups.${group}`) }),
        ...fields.filter((f) => !f.advanced).map((f) => this.row(f)));
      const more = fields.filter((f) => f.advanced);
      if (more.length) {
        box.append(element("details", {}, element("summary", { textContent: t("settings.more") }), ...more.map((f) => this.row(f))));
      }
      this.host.append(box);
    }
    [...this.host.querySelectorAll("details")].forEach((one, i) => { one.open = open[i] ?? (one.matches(".group") && !narrow()); });
    this.show(this.config);
  }

  row(field) {
    const id = `${this.prefix}-${field.name}`, tip = t(`fields.${field.name}.tip`);
    const restarts = field.change === "rebuild";
    const name = element("label", { htmlFor: id, textContent: t(`fields.${field.name}.label`) });
    const help = element("span", { className: "tip", id: `${id}-tip`, role: "tooltip" }, tip,
      ...(restarts ? [element("em", { textContent: t("settings.restarts") })] : []));
    const row = element("div", { className: `row row-${field.kind}`, dataset: { part: field.name } }, name);
    if (restarts) row.append(element("span", { className: "restarts", textContent: "↻", ariaHidden: "true" }));
    const make = { choice: this.choice, flag: this.flag }[field.kind] ?? this.number;
    this.inputs[field.name] = make.call(this, field, id, row);
    row.append(help);
    for (const input of row.querySelectorAll("input, select")) input.setAttribute("aria-describedby", help.id);
    return row;
  }

  choice(field, id, row) {
    const label = (value) => has(`choices.${field.name}.${value}`) ? t(`choices.${field.name}.${value}`) : String(value);
    const select = element("select", { id }, ...field.choices.map((value) => element("option", { textContent: label(value) })));
    select.onchange = () => this.change({ [field.name]: field.choices[select.selectedIndex] });
    row.append(select);
    return (value) => { select.selectedIndex = field.choices.indexOf(value); };
  }

  flag(field, id, row) {
    const box = element("input", { id, type: "checkbox", onchange: () => this.change({ [field.name]: box.checked }) });
    row.append(box);
    return (value) => { box.checked = value; };
  }

  number(field, id, row) {
    const { steps, at, value } = scale(field), [low, high] = field.bounds;
    const ariaLabel = t(`fields.${field.name}.label`);
    const slider = element("input", { type: "range", min: 0, max: steps, step: 1, ariaLabel });
    const box = element("input", { id, type: "number", min: low, max: high, step: "any", inputMode: "decimal" });
    const shown = (v) => String(Number(v.toPrecision(6)));
    const live = field.change === "live";
    slider.oninput = () => {
      box.value = shown(value(slider.valueAsNumber));
      slider.setAttribute("aria-valuetext", box.value);
      if (live) this.change({ [field.name]: value(slider.valueAsNumber) });
    };
    // What needs new networks is asked for once, when the slider is let go.
    if (!live) slider.onchange = () => this.change({ [field.name]: value(slider.valueAsNumber) });
    let typing = false;
    box.oninput = () => { typing = true; };
    box.onchange = () => {
      typing = false;
      this.change({ [field.name]: box.value.trim() === "" ? null : Number(box.value) });
    };
    row.append(slider, box);
    return (v) => {
      if (document.activeElement === slider && slider.matches(":active")) return; // being dragged
      slider.value = at(v);
      slider.setAttribute("aria-valuetext", shown(v));
      const here = document.activeElement === box;
      typing = typing && here;
      if (typing) return; // what is half typed is not taken away by news of something else
      if (!here || Number(box.value) !== v) box.value = shown(v);
    };
  }

  // Show the settings that are in force, and shade those without effect now.
  show(config) {
    this.config = config;
    for (const [name, set] of Object.entries(this.inputs)) if (name in config) set(config[name]);
    const idle = {
      penalty_weight: config.penalty === "none",
      penalty_target: config.penalty !== "wgan_gp",
      instance_noise_steps: !config.instance_noise,
      label_smoothing: !["probability", "target"].includes(this.schema.readings[config.loss]),
    };
    for (const net of ["g", "d"]) {
      idle[`width_${net}`] = idle[`activation_${net}`] = config[`layers_${net}`] === 0;
      idle[`residual_${net}`] = config[`layers_${net}`] < 2;
    }
    for (const [name, is] of Object.entries(idle)) {
      const input = this.host.querySelector(`#${this.prefix}-${name}`);
      if (input) input.closest(".row").classList.toggle("idle", is);
    }
  }
}
