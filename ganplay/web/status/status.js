// The operator's page: asks for the numbers every two seconds while somebody looks.

import { element } from "../shared/dom.js";
import { inBrowser } from "../shared/storage.js";
import { Tips } from "../shared/tips.js";
import * as words from "../shared/i18n.js";

const { t } = words;
const EVERY = 2000, LATE = 0.1, MIB = 2 ** 20;
const find = (selector) => document.querySelector(selector);
const base = location.pathname.replace(/\/operator\/?$/, "");
let seen = null, status = "connecting";

const format = (value, digits = 0) =>
  value === null || value === undefined ? "–" : value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

function pair(name, value, small = "", ill = false) {
  const about = small ? [element("small", { textContent: small })] : [];
  return element("div", { className: ill ? "ill" : "" }, element("dt", { textContent: name }), element("dd", {}, value, ...about));
}

// "1 d 3 h", "5 min 2 s": the two largest parts of a time.
function span(seconds) {
  const parts = /** @type {[number, string][]} */ ([[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]);
  const found = [];
  for (const [size, name] of parts) {
    const n = Math.floor(seconds / size);
    seconds -= n * size;
    if (n || (found.length === 0 && name === "second")) found.push(t(`operator.units.${name}`, { n }));
  }
  return found.slice(0, 2).join(" ");
}

function tiles({ engine, process, loop_late, seconds }) {
  const tile = (name, ...rest) => pair(t(`operator.tiles.${name}`), ...rest);
  return [
    tile("sessions", format(engine.sessions), t("operator.of", { n: format(engine.most) }), engine.sessions >= engine.most),
    tile("waiting", format(engine.waiting), "", engine.waiting > 0),
    tile("training", format(engine.training), t("operator.watched", { n: format(engine.watched) })),
    tile("steps", format(engine.steps), t("operator.each_second")),
    tile("frames", format(engine.frames), t("operator.each_second")),
    tile("memory", format(process.memory && process.memory / MIB), t("operator.of", { n: format(process.machine_memory && process.machine_memory / MIB) })),
    tile("cores", format(process.cores_used, 2), t("operator.of", { n: format(process.cores) })),
    tile("late", format(loop_late * 1000), t("operator.ms"), loop_late > LATE),
    tile("workers", format(engine.workers)),
    tile("up", span(seconds)),
  ];
}

// A table of rows; `columns` are [name, text, class] with functions of a row.
function table(host, rows, columns, about) {
  const head = columns.map(([name, , kind]) => element("th", { textContent: t(name), scope: "col", className: kind?.({}) || "" }));
  const body = rows.map((row) => element("tr", { title: row.first ? t("operator.first") : "" }, ...columns.map(([name, text, kind]) =>
    element("td", { textContent: text(row), className: kind?.(row) || "", dataset: { name: t(name) } }))));
  host.hidden = !rows.length;
  host.replaceChildren(element("tr", {}, ...head), ...body);
  let none = host.nextElementSibling;
  if (!none) host.after((none = element("p", { className: "none" })));
  none.textContent = rows.length ? "" : t(about);
  none.hidden = rows.length > 0;
}

const right = () => "n";
const COLUMNS = [
  ["operator.columns.number", (one) => `${one.number}${one.first ? " ★" : ""}`],
  ["operator.columns.state", (one) => t(`operator.states.${one.state}`), ({ state }) => ({ training: "good", diverged: "ill" })[state]],
  ["operator.columns.step", (one) => format(one.step), right],
  ["operator.columns.steps", (one) => format(one.steps), right],
  ["operator.columns.frames", (one) => format(one.frames, 1), right],
  ["operator.columns.data", (one) => (one.data ? t(`choices.distribution.${one.data}`) : t("arena.title"))],
  ["operator.columns.loss", (one) => (one.loss ? t(`choices.loss.${one.loss}`) : ""), () => "wide"],
  ["operator.columns.networks", (one) => (one.networks ? one.networks + (one.gans > 1 ? " A/B" : "") : t("operator.gans", { n: format(one.gans) })), () => "wide"],
];
const BATCHES = [
  ["operator.columns.networks", ({ networks }) => networks],
  ["operator.columns.sessions", ({ sessions }) => format(sessions), right],
];

function show() {
  const root = document.documentElement;
  root.lang = words.current() === "zh" ? "zh-CN" : "en";
  words.fill(document.body);
  document.title = `ganplay · ${t("operator.title")}`;
  const line = find(".line");
  line.textContent = find(".numbers").hidden ? "" : t(`status.${status}`);
  line.classList.toggle("lost", status !== "live");
  if (!seen) return;
  find(".tiles").replaceChildren(...tiles(seen));
  table(find(".sessions"), seen.sessions, COLUMNS, "operator.nobody");
  table(find(".batches"), seen.batches, BATCHES, "operator.nobody");
  const places = Object.entries(seen.places);
  find(".places").replaceChildren(...places.map(([name, [taken, of]]) => pair(t(`operator.rooms.${name}`), `${format(taken)} / ${format(of)}`, "", taken === of)));
  const events = Object.entries(seen.events).filter(([name, n]) => n && words.has(`operator.happened.${name}`));
  find(".events").replaceChildren(...events.map(([name, n]) => pair(t(`operator.happened.${name}`), format(n))));
  find(".versions").replaceChildren(...Object.entries(seen.versions).map(([name, version]) => pair(name, version)));
}

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(`${base}/operator.json`);
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(`answer ${answer.status}`);
      seen = await answer.json();
      status = "live";
    } catch {
      status = "lost";
    }
    show();
  }
  setTimeout(look, EVERY);
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  inBrowser.set("ganplay.theme", name);
}

const kept = inBrowser.get("ganplay.theme");
document.documentElement.dataset.theme = kept || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
words.start((await (await fetch(`${base}/schema.json`)).json()).locales);
const state = document.body.dataset.state, known = state === "in";
find(".sign-in").hidden = known;
find(".numbers").hidden = find(".sign-out").hidden = !known;
find(".wrong").hidden = state !== "wrong";
find(".later").hidden = state !== "later";
find(".language").onclick = () => { words.use(words.others()[0]); show(); };
find(".theme").onclick = () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
new Tips(document.body);
show();
if (known) look();
else find("#secret").focus();
