// What stands behind the page's #: a shared experiment, a teacher's wishes, and what each view shows.

import { NAMES, piecesOf } from "./clean-link.js";

const MOST_OF_A_STATE = 100_001, MOST_OF_A_LIST = 5000; // what is longer the server calls too long
// Of each view's piece; one more than the server reads, which says so itself.
const LONGEST = { explore: 8001, learn: 60, arena: 2000, walk: 65_537 };

export const CLASS_CODE = /^[a-z2-7]{16}$/; // of a live class, as `ganplay.server.learn.live_class` makes it

// What an address asks for; everything it does not name is as usual.
export function readAddress(hash) {
  const given = wordsOf(hash), text = (name, most) => given.get(name)?.slice(0, most) ?? null;
  const names = (name) => (text(name, MOST_OF_A_LIST) || "").split(",").filter(Boolean);
  return {
    state: text("state", MOST_OF_A_STATE),
    rival: text("rival", MOST_OF_A_STATE),
    hide: names("hide"),
    lock: names("lock"),
    projector: given.get("view") === "projector",
    lang: given.get("lang") || null,
    task: text("task", LONGEST.learn), // of which lesson the settings are
    class: text("class", LONGEST.learn), // the code of a live class
  };
}

// The pieces that count: a share link's have one name, one = and one value.
function wordsOf(hash) {
  return new Map([...piecesOf(hash)].filter(([name, value]) => value !== null && (name in LONGEST || !value.includes("="))));
}

// What of an address nobody reads, as it stands there: a lecturer's wishes are not lost without a word.
export function unreadIn(hash) {
  const pieces = piecesOf(hash), given = wordsOf(hash);
  const understood = {
    view: (value) => value === "projector", hide: Boolean, lock: Boolean, lang: Boolean,
    length: (value) => /^\d{1,6}$/.test(value), class: (value) => CLASS_CODE.test(value),
  };
  const lost = [...pieces].filter(([name]) => !(name in LONGEST) && !(NAMES.includes(name) && given.has(name) && (understood[name]?.(given.get(name)) ?? true)));
  const texts = lost.map(([name, value]) => [name, value].filter((text) => text !== null && text !== "").join("="));
  if (/(?:&|%26)$/i.test(hash)) texts.push("&"); // cut off where a next piece began
  return texts.filter(Boolean).map((text) => text.slice(0, 60));
}

// A lecturer's link, with its own length in front: one that was cut off is noticed.
/**
 * @param {string} fragment
 * @param {{ hide: string[], lock: string[], class?: string | null }} asked
 */
export function measured(fragment, asked) {
  return asked.hide.length || asked.lock.length || asked.class ? `length=${lengthOf(piecesOf(fragment))}&${fragment}` : fragment;
}

// Characters that a link has lost, and how many it had.
export function lostFrom(hash) {
  const pieces = piecesOf(hash), count = Number(/^\d{1,6}$/.exec(pieces.get("length") ?? "")?.[0] ?? 0);
  return { count, missing: Math.max(0, count - lengthOf(pieces)) };
}

function lengthOf(pieces) {
  const ours = [...pieces].filter(([name]) => name !== "length" && NAMES.includes(name));
  return ours.reduce((sum, [name, value]) => sum + name.length + (value ?? "").length, 0);
}

export function writeAddress({ state, rival, hide, lock, projector, lang, task = null, class: code = null }) {
  const pieces = [
    state && `state=${state}`, rival && `rival=${rival}`, hide.length && `hide=${hide.join(",")}`, lock.length && `lock=${lock.join(",")}`,
    projector && "view=projector", lang && `lang=${lang}`, task && `task=${task}`,
    code && `class=${code}`,
  ];
  return pieces.filter(Boolean).join("&");
}

// What it asks for by view: "" for anything, null for nothing.
export function viewsIn(hash) {
  const pieces = piecesOf(hash);
  return Object.fromEntries(Object.entries(LONGEST).map(([name, most]) => [name, partOf(pieces, name, most)]));
}

function partOf(pieces, name, most) {
  return pieces.has(name) ? (pieces.get(name) ?? "").slice(0, most) : null;
}

// What stands behind the #: a lesson's parts, the state where one is explored, a walk, and an arena.
export function addressOf(asked, { explore = null, learn = null, arena = null, walk = null }) {
  const rest = writeAddress({ ...asked, state: null, rival: null });
  const named = (name, value) => (value === null ? "" : value ? `${name}=${value}` : name);
  return [named("explore", explore), named("learn", learn), named("arena", arena), walk && `walk=${walk}`, rest].filter(Boolean).join("&");
}
