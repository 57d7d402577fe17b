// What can be chosen with a click: presets, the data to be learned, and the seed.

import { thumbnail } from "../shared/plane.js";
import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const SEEDS = 10_000;

export class Choices {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    const { presets, distributions } = lab.schema;
    lab.find(".presets").append(...Object.keys(presets).map((name) => this.preset(name)));
    lab.find(".datasets").append(...Object.keys(distributions).map((name) => this.dataset(name)));
    this.presets = this.list(".preset-list", [null, ...Object.keys(presets)], (name) => name && lab.send("preset", { name }));
    this.data = this.list(".data-list", Object.keys(distributions), (name) => lab.configure({ distribution: name }));
    lab.find(".new-seed").onclick = () => lab.configure({ seed: Math.floor(Math.random() * SEEDS) });
    lab.find(".seed").onchange = ({ target }) => {
      lab.configure({ seed: target.value.trim() === "" ? null : Number(target.value) });
    };
  }

  // The same choice as a list, where there is no room for pictures.
  list(selector, names, choose) {
    const list = this.lab.find(selector);
    list.append(...names.map((name) => element("option", { value: name ?? "", disabled: name === null })));
    list.onchange = () => choose(list.value);
    return list;
  }

  preset(name) {
    const onclick = () => this.lab.send("preset", { name });
    return element("button", { type: "button", dataset: { preset: name }, onclick }, element("canvas"), element("span"));
  }

  dataset(name) {
    const onchange = () => this.lab.configure({ distribution: name });
    const radio = element("input", { type: "radio", name: "lab-distribution", value: name, onchange });
    return element("label", { className: "pick", dataset: { data: name } }, radio, element("canvas"), element("span"));
  }

  label() {
    for (const button of this.lab.root.querySelectorAll("[data-preset]")) {
      const name = button.dataset.preset;
      button.querySelector("span").textContent = t(`presets.${name}.label`);
      button.title = t(`presets.${name}.tip`);
    }
    for (const choice of this.lab.root.querySelectorAll("[data-data]")) {
      choice.querySelector("span").textContent = t(`choices.distribution.${choice.dataset.data}`);
    }
    for (const one of this.presets) one.textContent = one.value ? t(`presets.${one.value}.label`) : t("choose.no_preset");
    for (const one of this.data) one.textContent = t(`choices.distribution.${one.value}`);
  }

  drawThumbnails() {
    const { distributions, thumbnails, frame } = this.lab.schema, { palette } = this.lab.app;
    for (const choice of this.lab.root.querySelectorAll("[data-data]")) {
      thumbnail(choice.querySelector("canvas"), frame.unit, distributions[choice.dataset.data].points, [], palette);
    }
    for (const button of this.lab.root.querySelectorAll("[data-preset]")) {
      const { real, fake } = thumbnails[button.dataset.preset];
      thumbnail(button.querySelector("canvas"), frame.unit, real, fake, palette);
    }
  }

  show() {
    this.presets.value = "";
    this.data.value = this.lab.config.distribution;
    for (const button of this.lab.root.querySelectorAll("[data-preset]")) {
      const preset = this.lab.schema.presets[button.dataset.preset];
      const same = Object.keys(preset).every((name) => name === "seed" || preset[name] === this.lab.config[name]);
      button.setAttribute("aria-pressed", same);
      if (same) this.presets.value = button.dataset.preset;
    }
    for (const radio of this.lab.root.querySelectorAll(".datasets input")) {
      radio.checked = radio.value === this.lab.config.distribution;
    }
    const seed = this.lab.find(".seed");
    if (document.activeElement !== seed) seed.value = this.lab.config.seed;
  }
}
