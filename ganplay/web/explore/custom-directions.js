// Directions of the visitor's own, by model: kept in this browser, and as files.

import { Events } from "../shared/events.js";
import { contentOf, download, fileOf, keep, kept, toBytes } from "../shared/files.js";
import { t } from "../shared/i18n.js";

const KEY = "ganplay.directions", MOST_BYTES = 2 ** 20, MOST_MODELS = 50;
export const MOST = 8, LONGEST_NAME = 40;

// Whether it is so many finite numbers of half precision as base64.
export function isVector(text, dim) {
  if (typeof text !== "string" || !/^[\w-]+$/.test(text)) return false;
  try {
    const bytes = toBytes(text);
    if (bytes.length !== 2 * dim) return false;
    return bytes.every((byte, i) => i % 2 === 0 || (byte & 0x7c) !== 0x7c); // all bits of the exponent: infinite
  } catch {
    return false;
  }
}

// Those of a list that can be used; `dim` is of the model.
export function usable(list, dim) {
  if (!Array.isArray(list)) return [];
  const good = list.filter((one) => one && typeof one.name === "string" && one.name.trim() && one.dim === dim && isVector(one.vector, dim));
  const different = good.filter(({ vector }, i) => good.findIndex((one) => one.vector === vector) === i);
  return different.slice(0, MOST).map(({ name, vector }) => ({ name: name.trim().slice(0, LONGEST_NAME), dim, vector }));
}

// Tells of "change".
export class CustomDirections extends Events {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    super();
    this.explore = explore;
    this.all = {};
    const content = kept(KEY);
    for (const { name, dim } of explore.models.slice(0, MOST_MODELS)) this.all[name] = usable(content?.[name], dim);
  }

  // Of the present model.
  get list() {
    return this.all[this.explore.state.model];
  }

  nameOf(vector) {
    return this.list.find((one) => one.vector === vector)?.name ?? t("places.own.unnamed");
  }

  // Whether there was room.
  add(name, vector) {
    const { dim } = this.explore.model, others = this.list.filter((one) => one.vector !== vector);
    if (others.length >= MOST) {
      this.explore.app.toast(t("places.own.most", { n: MOST }));
      return false;
    }
    this.change([...others, { name: name.trim().slice(0, LONGEST_NAME), dim, vector }]);
    return true;
  }

  rename(vector, name) {
    this.change(this.list.map((one) => (one.vector === vector ? { ...one, name: name.trim().slice(0, LONGEST_NAME) } : one)));
  }

  remove(vector) {
    this.change(this.list.filter((one) => one.vector !== vector));
  }

  change(list) {
    this.all[this.explore.state.model] = list;
    if (!keep(KEY, this.all)) this.explore.app.toast(t("places.own.unkept"));
    this.tell("change");
  }

  save() {
    const { model } = this.explore;
    const content = this.list.map((one) => ({ model: model.name, ...one }));
    download(`ganplay-directions-${model.name}.json`, fileOf("directions", content));
  }

  async load(input) {
    const { app, model } = this.explore, [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      const all = await contentOf(file, "directions", MOST_BYTES);
      const good = usable(all.filter((one) => one?.model === model.name), model.dim);
      const others = this.list.filter(({ vector }) => !good.some((one) => one.vector === vector));
      const fit = [...others, ...good].slice(0, MOST);
      this.change(fit);
      app.toast(t("places.own.loaded", { n: fit.length - others.length, of: all.length, model: model.name }));
    } catch {
      app.toast(t("places.own.no_file", { file: file.name }));
    }
  }
}
