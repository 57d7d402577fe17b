// What stands behind the page's #: a shared experiment, a teacher's wishes, and what each view shows.

const MOST_OF_A_STATE = 100_001, MOST_OF_A_LIST = 5000; // what is longer the server calls too long
const MOST_OF_AN_EXPLORED = 8001, MOST_OF_A_WALK = 65_537, MOST_OF_A_LESSON = 60, MOST_OF_AN_ARENA = 2000; // one more than the server reads: it says so itself

// What an address asks for; everything it does not name is as usual.
export function readAddress(hash) {
  const given = Object.fromEntries(
    hash.replace(/^#/, "").split("&").map((piece) => piece.split("=")).filter((pair) => pair.length === 2));
  const names = (text) => (text || "").slice(0, MOST_OF_A_LIST).split(",").filter(Boolean);
  return {
    state: given.state === undefined ? null : given.state.slice(0, MOST_OF_A_STATE),
    rival: given.rival === undefined ? null : given.rival.slice(0, MOST_OF_A_STATE),
    hide: names(given.hide),
    lock: names(given.lock),
    projector: given.view === "projector",
    lang: given.lang || null,
  };
}

export function writeAddress({ state, rival, hide, lock, projector, lang }) {
  const pieces = [
    state && `state=${state}`, rival && `rival=${rival}`, hide.length && `hide=${hide.join(",")}`, lock.length && `lock=${lock.join(",")}`,
    projector && "view=projector", lang && `lang=${lang}`,
  ];
  return pieces.filter(Boolean).join("&");
}

// The state that an address asks to explore: "" for any, null if it asks for the lab.
export const exploredIn = (hash) => partOf(hash, "explore", MOST_OF_AN_EXPLORED);

// The lesson and step that it asks for, as `name.step`: "" for any, null for none.
export const learntIn = (hash) => partOf(hash, "learn", MOST_OF_A_LESSON);

// What it asks to have side by side, as `arena-setup.js` writes it: "" for nothing yet, null for the lab.
export const arenaIn = (hash) => partOf(hash, "arena", MOST_OF_AN_ARENA);

// The walk that it asks for, or null.
export const walkIn = (hash) => partOf(hash, "walk", MOST_OF_A_WALK);

// All that it asks for, by view.
export const viewsIn = (hash) => ({ explore: exploredIn(hash), learn: learntIn(hash), arena: arenaIn(hash), walk: walkIn(hash) });

function partOf(hash, name, most) {
  const piece = hash.replace(/^#/, "").split("&").find((one) => one === name || one.startsWith(`${name}=`));
  if (piece === undefined) return null;
  const text = piece.slice(name.length + 1, name.length + 1 + most);
  try {
    return decodeURIComponent(text); // some programs escape what needs no escaping
  } catch {
    return text;
  }
}

// What stands behind the #: a lesson's parts, the state where one is explored, a walk, and an arena.
export function addressOf(asked, { explore = null, learn = null, arena = null, walk = null }) {
  const rest = writeAddress({ ...asked, state: null, rival: null });
  const named = (name, value) => (value === null ? "" : value ? `${name}=${value}` : name);
  return [named("explore", explore), named("learn", learn), named("arena", arena), walk && `walk=${walk}`, rest].filter(Boolean).join("&");
}
