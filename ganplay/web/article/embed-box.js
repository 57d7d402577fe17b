// A line that puts a piece on another page, in a frame; with a choice of language and theme.

import { choice, element } from "../shared/dom.js";
import { copy } from "../shared/clipboard.js";
import { isLocal, pageAddress } from "../shared/page-address.js";
import { current, others, t } from "../shared/i18n.js";

const HEIGHT = 620; // CSS pixels
const THEMES = ["light", "dark"], SERVED = "--host 0.0.0.0"; // an option of the command
const ESCAPED = { "&": "&amp;", "\"": "&quot;", "<": "&lt;", ">": "&gt;" };

const escaped = (text) => text.replace(/[&"<>]/g, (one) => ESCAPED[one]);

// The address of a piece's own page; what is not chosen follows its reader's browser.
export function pieceAddress(base, name, { lang = "", theme = "" } = {}) {
  const chosen = new URLSearchParams([["lang", lang], ["theme", theme]].filter(([, value]) => value)).toString();
  return `${base}/piece/${name}${chosen && `?${chosen}`}`;
}

export function frameLine(address, title) {
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="100%" height="${HEIGHT}" style="border: 0" loading="lazy"></iframe>`;
}

export class EmbedBox {
  /** @param {import("../app.js").App} app */
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.name = "";
    this.chosen = { lang: "", theme: "" };
    this.title = element("h2");
    this.about = element("p", { className: "share-about" });
    this.choices = element("div", { className: "embed-choices" });
    this.line = element("textarea", { className: "embed-line", readOnly: true, rows: 4, spellcheck: false, onfocus: () => this.line.select() });
    this.local = element("p", { className: "embed-local" });
    this.copy = element("button", { type: "button", className: "primary embed-copy", dataset: { t: "share.copy" }, onclick: () => copy(this.copy, this.line.value) });
    this.look = element("a", { className: "button", target: "_blank", rel: "noopener" });
    this.close = element("button", { type: "button", onclick: () => this.box.close() });
    this.box = element("dialog", { className: "embed-box" }, this.title, this.about, this.choices, this.line, this.local,
      element("p", { className: "embed-actions" }, this.copy, this.look, this.close));
  }

  open(name) {
    this.name = name;
    this.relabel();
    this.box.showModal();
    this.copy.focus();
  }

  // On the address by which others reach the page.
  get base() {
    return new URL(pageAddress()).origin + new URL(this.app.base).pathname;
  }

  relabel() {
    this.about.textContent = t("article.embed_about");
    this.copy.textContent = t("share.copy");
    this.look.textContent = t("article.embed_look");
    this.close.textContent = t("help.close");
    this.line.setAttribute("aria-label", t("article.embed_line"));
    this.local.textContent = t("article.embed_local", { option: SERVED });
    const languages = [["", t("article.as_reader")], ...[current(), ...others()].sort().map((name) => [name, t(`article.languages.${name}`)])];
    const themes = [["", t("article.as_reader")], ...THEMES.map((name) => [name, t(`article.themes.${name}`)])];
    this.choices.replaceChildren(this.select("lang", languages), this.select("theme", themes));
    if (this.name) this.fill();
  }

  select(what, options) {
    const change = (value) => { this.chosen[what] = value; this.fill(); };
    const rows = options.map(([value, textContent]) => element("option", { value, textContent }));
    return element("label", {}, element("span", { textContent: t(`article.choose.${what}`) }), choice({ className: `embed-${what}` }, rows, this.chosen[what], change));
  }

  fill() {
    const title = t(`article.pieces.${this.name}.title`), address = pieceAddress(this.base, this.name, this.chosen);
    this.title.textContent = this.box.ariaLabel = t("article.embed_title", { title });
    this.line.value = frameLine(address, title);
    this.look.href = address;
    this.local.hidden = !isLocal(new URL(this.base).hostname);
  }
}
