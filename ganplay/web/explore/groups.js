// Two groups of favourites, with something and without it, and the direction between them: named by
// the visitor, and then a slider among the others.

import { element } from "../shared/dom.js";
import { nameOf } from "./describe-state.js";
import { paint } from "../shared/pixels.js";
import { statesBy } from "./kept.js";
import { modelOf, put, read, write } from "./latent-state.js";
import { t } from "../shared/i18n.js";

const KINDS = ["with", "without"], MOST_IN_A_GROUP = 64;

export class Groups {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore, host) {
    this.explore = explore;
    this.pictures = {};
    this.all = statesBy(explore.kept.of("groups"), (groups, own) =>
      KINDS.every((kind) => Array.isArray(groups?.[kind]) && groups[kind].length <= MOST_IN_A_GROUP && groups[kind].every(own)));
    this.find = (selector) => host.querySelector(selector);
    this.boxes = KINDS.map((kind) => this.box(kind));
    this.find(".am-groups").append(...this.boxes.map(({ host: box }) => box));
    this.name = this.find(".am-name");
    this.find(".am-make").onsubmit = (event) => {
      event.preventDefault();
      this.derive();
    };
    const file = this.find(".am-file");
    this.find(".am-save").onclick = () => explore.own.save();
    this.find(".am-load").onclick = () => file.click();
    file.onchange = () => explore.own.load(file);
    explore.own.addEventListener("change", () => this.showKept());
    this.show();
  }

  // Of the present model.
  get groups() {
    return (this.all[this.explore.state.model] ||= { with: [], without: [] });
  }

  box(kind) {
    const head = element("b"), add = element("button", { type: "button", className: "am-add" }), here = element("button", { type: "button", className: "am-here" });
    const tiles = element("div", { className: "am-tiles" });
    const host = element("div", { className: "am-group" }, element("header", {}, head, add, here), tiles);
    this.explore.picking.offer(add, host, (text) => this.add(kind, text), true);
    here.onclick = () => this.add(kind, write(this.explore.state));
    return { kind, host, head, add, here, tiles };
  }

  add(kind, text) {
    const { explore, groups } = this;
    if (modelOf(text) !== explore.state.model) {
      explore.app.toast(t("places.other_model", { model: explore.state.model }));
      return;
    }
    for (const one of KINDS) groups[one] = groups[one].filter((other) => other !== text); // in one of them
    groups[kind] = [...groups[kind], text].slice(-MOST_IN_A_GROUP);
    this.changed();
  }

  remove(kind, text) {
    this.groups[kind] = this.groups[kind].filter((one) => one !== text);
    this.changed();
  }

  changed() {
    this.explore.kept.put("groups", this.all);
    this.show();
  }

  // The model may be another one.
  turn() {
    if (this.shown !== this.explore.state.model) this.show();
  }

  show() {
    const { explore, groups } = this;
    this.shown = explore.state.model;
    for (const { kind, head, add, here, tiles } of this.boxes) {
      head.textContent = t(`places.own.${kind}`);
      add.textContent = t("places.own.add");
      add.title = t("places.own.add_tip");
      here.textContent = t("places.here");
      here.title = t("places.own.here_tip");
      add.ariaLabel = `${add.textContent}: ${head.textContent}`;
      here.ariaLabel = `${here.textContent}: ${head.textContent}`;
      tiles.replaceChildren(...groups[kind].map((text) => this.tile(kind, text)));
      if (!groups[kind].length) tiles.append(element("small", { textContent: t("places.own.empty") }));
    }
    this.find(".am-derive").disabled = KINDS.some((kind) => !groups[kind].length);
    this.showKept();
    this.draw();
  }

  tile(kind, text) {
    const name = nameOf(read(text), this.explore.models), canvas = element("canvas");
    const tile = element("button", { type: "button", className: "ex-tile", title: t("places.own.remove_tip", { name }) }, canvas);
    tile.ariaLabel = tile.title;
    tile.onclick = () => this.remove(kind, text);
    this.paint(canvas, text);
    return tile;
  }

  paint(canvas, text) {
    const known = this.pictures[text] || this.explore.favourites.find(text);
    if (known) paint(canvas, known.pixels, known.shape, known.place);
    return Boolean(known);
  }

  // Pictures that no favourite has.
  async draw() {
    const { explore, groups } = this, all = [...groups.with, ...groups.without];
    const lack = all.filter((text) => !this.pictures[text] && !explore.favourites.find(text)).slice(0, explore.most);
    if (!lack.length) return;
    const answer = await explore.source.ask("group", { model: explore.state.model, states: lack });
    if (answer?.type !== "pictures") return;
    lack.forEach((text, place) => { this.pictures[text] = { pixels: answer.pixels, shape: answer.shape, place }; });
    for (const { kind, tiles } of this.boxes) groups[kind].forEach((text, i) => tiles.children[i] && this.paint(tiles.children[i].firstChild, text));
  }

  async derive() {
    const { explore, groups, name } = this, { own, app } = explore;
    const wished = name.value.trim() || t("places.own.numbered", { n: own.list.length + 1 });
    const answer = await explore.source.ask("direction", { model: explore.state.model, states: groups.with, without: groups.without });
    if (!answer) return;
    if (answer.type !== "direction") return void app.toast(t("places.own.no_way"));
    if (!own.add(wished, answer.vector)) return;
    name.value = "";
    this.find(".am-told").textContent = t("places.own.made", { name: wished });
  }

  // ---- those that are kept ----------------------------------------------------------------------

  showKept() {
    const { own } = this.explore;
    this.find(".am-kept").replaceChildren(...own.list.map((one) => this.kept(one)));
    this.find(".am-save").disabled = !own.list.length;
  }

  kept({ name, vector }) {
    const { explore } = this, { own } = explore;
    const box = element("input", { type: "text", value: name, maxLength: 40, ariaLabel: t("places.own.name"), title: t("places.own.rename_tip") });
    box.onchange = () => (box.value.trim() ? own.rename(vector, box.value) : this.showKept());
    const off = element("button", { type: "button", textContent: "×", title: t("places.own.forget", { name }) });
    off.ariaLabel = off.title;
    off.onclick = () => {
      if (vector in explore.state.own) explore.set({ own: put(explore.state.own, vector, null) }, true);
      own.remove(vector);
    };
    return element("li", {}, box, off);
  }
}
