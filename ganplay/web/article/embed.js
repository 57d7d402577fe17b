// A piece on a page of its own, to be shown in a frame: no header, and a small link to the whole page.

import { Player } from "./player.js";
import { Tips } from "../shared/tips.js";
import { Turns } from "./turns.js";
import { element, fetched, fetchView } from "../shared/dom.js";
import { paletteOf } from "../shared/palette.js";
import * as words from "../shared/i18n.js";

const { t } = words;
const THEMES = ["light", "dark"], CHANNEL = "ganplay.pieces";

// What the address chooses, and what of it cannot be: `speaks` tells of a language.
export function chosenIn(search, speaks) {
  const given = new URLSearchParams(search), lang = given.get("lang"), theme = given.get("theme");
  const wrong = [
    lang && !speaks(lang) && `lang=${lang}`, theme && !THEMES.includes(theme) && `theme=${theme}`,
    ...[...given.keys()].filter((name) => !["lang", "theme"].includes(name)),
  ].filter(Boolean).map((text) => text.slice(0, 40));
  return { lang: lang && speaks(lang) ? lang : null, theme: THEMES.includes(theme) ? theme : null, wrong };
}

// The page's own address without that of the piece: where ours are all found.
export const baseOf = (pathname) => pathname.replace(/\/piece\/[^/]*\/?$/, "");

async function show(root, name) {
  const base = location.origin + baseOf(location.pathname);
  const [markup, schema] = await Promise.all([
    fetchView(`${base}/assets/article/piece.html`), fetched(`${base}/schema.json`).then((answer) => answer.json())]);
  words.start(schema.locales);
  const { theme, wrong } = chosenIn(location.search, words.speaks);
  const dark = matchMedia("(prefers-color-scheme: dark)"), themed = () => theme ?? (dark.matches ? "dark" : "light");
  document.documentElement.lang = root.lang = words.current() === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = root.dataset.theme = themed();
  const place = markup.querySelector("figure");
  root.replaceChildren(place, foot(schema.pieces[name], base, wrong));
  const turns = new Turns(typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL));
  const player = new Player({ name, place, schema, base, palette: paletteOf(themed()), turns });
  new Tips(root);
  document.title = `${t(`article.pieces.${name}.title`)} · ganplay`;
  dark.addEventListener("change", () => {
    document.documentElement.dataset.theme = root.dataset.theme = themed();
    player.setPalette(paletteOf(themed()));
  });
  document.addEventListener("visibilitychange", () => document.hidden && player.playing && player.pause());
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting || !player.playing || player.pause()).observe(place);
  Object.assign(window, { ganplay: player }); // for the curious at the console, and for the tests
}

// The way to the Lab with this piece's settings and to the whole page, and what of the address is wrong.
function foot({ state }, base, wrong) {
  const home = base.replace(/\/ganplay$/, "/"), out = { target: "_blank", rel: "noopener" };
  return element("footer", { className: "embed-foot" },
    element("a", { ...out, href: `${home}#state=${state}`, textContent: t("article.in_lab") }),
    element("a", { ...out, href: home, textContent: t("article.credit") }),
    ...wrong.map((piece) => element("span", { className: "embed-wrong", role: "status", textContent: t("article.unread", { piece }) })));
}

if (typeof document !== "undefined") {
  const root = /** @type {HTMLElement} */ (document.querySelector(".embed"));
  show(root, document.body.dataset.piece)
    .then(() => document.querySelector(".embed-unloaded").remove())
    .catch((error) => {
      console.warn(error);
      document.querySelector(".embed-unloaded").classList.add("now");
    });
}
