// What stands behind the page's #: a shared experiment, a teacher's wishes, and what each view shows.

const MOST_OF_A_STATE = 100_001, MOST_OF_A_LIST = 5000; // what is longer the server calls too long
// Of each view's piece; one more than the server reads, which says so itself.
const LONGEST = { explore: 8001, learn: 60, arena: 2000, walk: 65_537 };

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
    task: given.task ? given.task.slice(0, LONGEST.learn) : null, // of which lesson the settings are
  };
}

export function writeAddress({ state, rival, hide, lock, projector, lang, task = null }) {
  const pieces = [
    state && `state=${state}`, rival && `rival=${rival}`, hide.length && `hide=${hide.join(",")}`, lock.length && `lock=${lock.join(",")}`,
    projector && "view=projector", lang && `lang=${lang}`, task && `task=${task}`,
  ];
  return pieces.filter(Boolean).join("&");
}

// What it asks for by view: "" for anything, null for nothing.
export function viewsIn(hash) {
  return Object.fromEntries(Object.entries(LONGEST).map(([name, most]) => [name, partOf(hash, name, most)]));
}

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
