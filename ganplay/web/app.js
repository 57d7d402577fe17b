// The page around its views: theme, language, notices, help, the line to the session, and the tabs.

import { ArticlePlace } from "./article/place.js";
import { Events } from "./shared/events.js";
import { Glossary, linked } from "./shared/glossary.js";
import { KeyRun } from "./shared/key-run.js";
import { Lab } from "./lab/lab.js";
import { LineBanner } from "./shared/line-banner.js";
import { Link } from "./shared/live-socket.js";
import { pageKey } from "./shared/page-keys.js";
import { paletteOf } from "./shared/palette.js";
import { Teach } from "./shared/teacher-link.js";
import { Tips } from "./shared/tips.js";
import { Toasts } from "./shared/toasts.js";
import { Views } from "./tabs.js";
import { inBrowser } from "./shared/storage.js";
import { element, fetched } from "./shared/dom.js";
import { lostFrom, readAddress, unreadIn, viewsIn, writeAddress } from "./shared/address.js";
import { wireFolds } from "./shared/fold.js";
import { restored } from "./shared/clean-link.js";
import { useHome } from "./shared/page-address.js";
import * as words from "./shared/i18n.js";

const { t } = words;
// By view: the paragraphs of its help, and its keys.
const HELP = {
  lab: ["picture", "mode", "distance", "touch"],
  explore: ["explore.picture", "explore.z", "explore.tabs"],
  learn: ["learn.steps", "learn.seeds", "learn.kept"],
  arena: ["arena.cells", "arena.table", "arena.fair"],
};
const KEYS = {
  lab: [["␣", "space"], ["S", "s"], ["D", "d"], ["G", "g"], ["R", "r"], [", .", "moments"], ["L", "live"], ["1 – 5", "layers"]],
  explore: [["R", "random"], ["N", "nudge"], ["F", "favourite"], ["Ctrl+Z", "undo"], ["Ctrl+Shift+Z", "redo"]],
  learn: [],
  arena: [["␣", "space"], ["S", "s"], ["R", "r"]],
};
const MOST_UNREAD = 4; // notices: so many fit on the page
const FOR_TESTS = ["link", "views", "explore", "learn", "arena", "theme", "status", "tips", "article"];

export async function mount(root, { base, token, newToken }) {
  const right = restored(location);
  if (right) history.replaceState(null, "", right);
  const answer = await fetched(`${base}/schema.json`);
  const schema = await answer.json();
  words.start(schema.locales, readAddress(location.hash).lang);
  useHome(schema.home);
  const app = new App(root, schema, base), { lab } = app;
  // For the curious at the console, and for the tests: the Lab, and what is beside it on the page.
  Object.assign(window, { ganplay: lab });
  for (const name of FOR_TESTS) Object.defineProperty(lab, name, { get: () => app[name] });
  app.link = new Link({ base, token, newToken, room: "lab", view: lab });
  lab.charts.ready.then(() => lab.begin());
}

// Tells of "words" and "theme" when these have changed, of the "view" that is shown now, and of what
// a view has to say to the others.
export class App extends Events {
  constructor(root, schema, base) {
    super();
    this.root = root;
    this.schema = schema;
    this.base = base;
    this.link = null;
    // The views, each as soon as it was opened.
    this.explore = null;
    this.learn = null;
    this.arena = null;
    this.keyRun = new KeyRun(document);
    this.find = (selector) => root.querySelector(selector);
    this.tips = new Tips(root);
    this.glossary = new Glossary(root);
    this.banner = new LineBanner(this);
    const toasts = new Toasts(this.find(".toasts"), schema);
    this.toast = (text, seconds) => toasts.show(text, seconds);
    this.complain = (problems) => toasts.complain(problems);
    const opened = viewsIn(location.hash), asked = this.readLink();
    this.setTheme(inBrowser.get("ganplay.theme") || (document.body.classList.contains("dark") ? "dark" : "light"));
    this.lab = new Lab(this, asked);
    this.article = new ArticlePlace(this);
    this.wire();
    this.relabel();
    this.views = new Views(this, opened);
  }

  // A share link's settings are used once; after that what counts is what was made of them, while
  // what a teacher hid stays hidden. All stands behind a #, so that no server's log sees it.
  readLink() {
    const asked = readAddress(location.hash);
    this.unread = unreadIn(location.hash);
    this.lost = lostFrom(location.hash);
    if (asked.lang && !words.speaks(asked.lang)) this.unread.push(`lang=${asked.lang}`);
    this.teach = new Teach(this, asked);
    if (asked.state !== null) {
      const rest = writeAddress({ ...asked, state: null, rival: null });
      history.replaceState(history.state, "", location.pathname + location.search + (rest && `#${rest}`));
    }
    return asked;
  }

  wire() {
    const on = (selector, callback) => { this.find(selector).onclick = callback; };
    on(".theme", () => {
      this.setTheme(this.theme === "dark" ? "light" : "dark");
      inBrowser.set("ganplay.theme", this.theme);
    });
    on(".language", () => {
      words.use(words.others()[0]);
      this.relabel();
    });
    on(".projecting", () => this.teach.toggleProjector());
    on(".help", () => this.help());
    wireFolds(this.root);
    matchMedia(words.COARSE).addEventListener("change", () => this.relabel()); // a mouse was plugged in
    on(".help-glossary", () => this.glossary.open());
    // When it is closed, since then the focus goes back to where it was.
    this.find(".help-box").onclose = ({ target }) => {
      if (target.returnValue !== "tour") return;
      target.returnValue = "";
      this.views.show("lab");
      this.lab.tour.start();
    };
    document.addEventListener("keydown", (event) => {
      const does = { "?": () => this.help(), "p": () => this.teach.toggleProjector() }[pageKey(event, "button")];
      if (does && this.root.isConnected) does();
    });
    // After a click with the mouse the keys belong to the page again, not to the button.
    this.root.addEventListener("click", ({ target, detail }) => {
      const button = target.closest("button");
      if (button && detail > 0) button.blur();
    });
  }

  // ---- how it looks -----------------------------------------------------------------------------

  setTheme(theme) {
    this.theme = theme;
    this.palette = paletteOf(theme);
    document.body.classList.toggle("dark", theme === "dark");
    this.root.dataset.theme = theme;
    this.tell("theme", theme);
  }

  relabel() {
    this.root.lang = document.documentElement.lang = words.current() === "zh" ? "zh-CN" : "en";
    const [other] = words.others();
    this.find(".language").textContent = t("app.other_language");
    this.find(".language").lang = other;
    words.fill(this.root);
    this.setStatus(this.status || "connecting");
    this.tell("words");
    this.unknownParts = this.teach.apply();
  }

  setStatus(status) {
    this.status = status;
    this.banner.set("lab", status);
    this.find(".status").dataset.status = status;
    this.find(".status-text").textContent = t(`status.${status}`);
  }

  // ---- notices and help -------------------------------------------------------------------------

  // What of the link could not be read, and names in it that no part of the page has.
  complainOfParts() {
    if (this.lost.missing) this.toast(t("teach.cut", this.lost));
    this.lost = lostFrom("");
    for (const piece of this.unread.splice(0, MOST_UNREAD)) this.toast(t("teach.unread", { piece }));
    for (const name of this.unknownParts.splice(0)) this.toast(t("teach.unknown", { name: name.slice(0, 40) }));
  }

  help() {
    const view = this.views.shown, seen = new Set();
    const about = HELP[view].map((name) => element("p", {}, ...linked(t(`help.${name}`), seen)));
    const keys = [...KEYS[view], ["P", "projector"], ["?", "help"]].flatMap(([key, what]) => [
      element("dt", {}, element("kbd", { textContent: key })), element("dd", { textContent: t(`help.keys.${what}`) })]);
    this.find(".help-box h2").textContent = t(`help.titles.${view}`);
    this.find(".help-body").replaceChildren(...about, element("dl", {}, ...keys));
    this.find(".help-box").showModal();
    this.find(".help-box .primary").focus(); // an autofocus is told off within another site's page
  }
}
