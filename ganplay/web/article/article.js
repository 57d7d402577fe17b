// The article: what a GAN is, how it learns, why it fails and what helps, each with a live piece.

import { EmbedBox } from "./embed-box.js";
import { Player } from "./player.js";
import { SOURCES, addressOf, citation, withCitations } from "./sources.js";
import { Turns } from "./turns.js";
import { all, t } from "../shared/i18n.js";
import { element, withoutMotion } from "../shared/dom.js";
import { linked } from "../shared/glossary.js";

const SECTIONS = { what: "learning", how: "step", fails: "collapse", helps: "remedy" }; // and the piece of each
const SEEN = 0.6, AWAY = 0.2; // shares of a piece that are in sight
const LINGER = 400; // milliseconds: who only scrolls past starts nothing
const OF_THE_PAGE = ["?", "Escape"]; // keys

export class Article {
  // `figure` is that of `piece.html`.
  /** @param {import("../app.js").App} app */
  constructor(app, host, figure) {
    this.app = app;
    this.turns = new Turns();
    this.players = {};
    this.embedding = new EmbedBox(app, host);
    const { schema, base, palette, teach } = app;
    this.free = { taken: ["presets", "seed", ...schema.fields.map(({ name }) => name)].every((name) => teach.free(name)), shared: teach.free("share") };
    const parts = Object.entries(SECTIONS).map(([name, piece]) => {
      const place = figure.cloneNode(true);
      this.players[piece] = new Player({ name: piece, place, schema, base, palette, turns: this.turns });
      return this.section(name, place);
    });
    this.sources = element("section", { className: "article-sources" });
    host.replaceChildren(...parts, this.sources, this.embedding.box);
    this.watch();
    // The Lab's keys are not meant for what is read here.
    host.addEventListener("keydown", (event) => OF_THE_PAGE.includes(event.key) || event.stopPropagation());
    app.addEventListener("words", () => this.relabel());
    app.addEventListener("theme", () => Object.values(this.players).forEach((one) => one.setPalette(app.palette)));
    this.relabel();
  }

  section(name, place) {
    return element("section", { className: "article-section", dataset: { section: name } }, element("div", { className: "article-text" }), place);
  }

  // ---- words ------------------------------------------------------------------------------------

  relabel() {
    const seen = new Set();
    for (const one of this.app.root.querySelectorAll("[data-section]")) this.showText(one, one.dataset.section, seen);
    for (const [name, player] of Object.entries(this.players)) {
      player.relabel();
      player.find(".piece-links").replaceChildren(...this.actions(name, player));
    }
    this.showSources();
    this.embedding.relabel();
  }

  // The first mention of a term is linked.
  showText(section, name, seen) {
    const words = all(`article.sections.${name}`);
    const paragraphs = Object.keys(words).filter((key) => key !== "title").map((key) => element("p", {},
      ...withCitations(t(`article.sections.${name}.${key}`), (cited) => this.citation(cited)).flatMap((piece) => (typeof piece === "string" ? linked(piece, seen) : [piece]))));
    section.querySelector(".article-text").replaceChildren(element("h3", { textContent: t(`article.sections.${name}.title`) }), ...paragraphs);
  }

  citation(key) {
    const { work } = SOURCES[key];
    return element("a", { href: addressOf(SOURCES[key]), target: "_blank", rel: "noopener", textContent: citation(SOURCES[key]), title: work });
  }

  showSources() {
    const rows = Object.values(SOURCES).map((one) => element("li", {}, citation(one), ": ",
      element("a", { href: addressOf(one), target: "_blank", rel: "noopener", lang: "en", textContent: one.work }), ` (${one.venue})`));
    this.sources.replaceChildren(element("h3", { textContent: t("article.sources") }), element("ul", {}, ...rows), ...this.goOn());
  }

  // To the lessons, unless a lecturer's link leaves them out.
  goOn() {
    const { teach, views } = this.app;
    if (!teach.free("learn")) return [];
    return [element("button", { type: "button", className: "article-next", textContent: t("article.next"), onclick: () => views.show("learn") })];
  }

  // Nothing that a lecturer's link has locked is changed from here.
  actions(name, player) {
    const { taken, shared } = this.free, button = (textContent, title, onclick) => element("button", { type: "button", textContent, title, onclick });
    return [
      ...(taken ? [button(t("article.in_lab"), t("article.in_lab_tip"), () => this.openInLab(player))] : []),
      ...(shared ? [button(t("article.embed"), t("article.embed_tip"), () => this.embedding.open(name))] : []),
    ];
  }

  openInLab({ about, seed }) {
    const { app } = this, { lab } = app;
    this.turns.now?.pause();
    if (!lab.playing) lab.toggle();
    lab.take({ ...about.config, seed });
    app.find(".stage").scrollIntoView();
    lab.plane.canvas.focus({ preventScroll: true });
  }

  // ---- what is in sight -------------------------------------------------------------------------

  // A piece plays by itself when one has scrolled to it, and pauses when it is out of sight; not where
  // nothing is to move by itself, and what somebody has paused stays so.
  watch() {
    const watch = new IntersectionObserver((seen) => {
      for (const { target, intersectionRatio: share } of seen) this.sight(this.players[/** @type {HTMLElement} */ (target).dataset.piece], share);
    }, { threshold: [AWAY, SEEN] });
    for (const { place } of Object.values(this.players)) watch.observe(place);
  }

  sight(player, share) {
    clearTimeout(player.coming);
    if (player.playing && share < AWAY) player.pause();
    else if (share >= SEEN && !withoutMotion()) player.coming = setTimeout(() => this.begin(player), LINGER);
  }

  begin(player) {
    if (!player.asked && !player.ended && !this.turns.now?.playing) player.play();
  }
}
