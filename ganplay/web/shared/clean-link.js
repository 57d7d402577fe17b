// Links that came through mail and chat, read as they were meant. Such programs escape characters
// (%3B, &amp;), write others in their place (typographic quotes, full-width forms), break lines, and
// take the punctuation around a link for a part of it. Python reads links in the same way, in
// ganplay/common/links.py: one table of examples, tests/common/links.json, holds for both.

export const NAMES = ["state", "rival", "hide", "lock", "view", "lang", "explore", "learn", "arena", "walk", "task", "length", "class"];
const LISTS = ["hide", "lock"], STATES = ["", "state", "rival", "explore", "arena", "walk"];
const ROUNDS = 5; // how often something may have been escaped, at most
const WORDS = NAMES.join("|");
// How programs that check links name the real one.
const REDIRECT = /[?&](?:url|q|u)=(https?(?::\/\/|%3a)[^&#\s]*)(?=[&\s]|$)/i;
const ESCAPED = /(?:%[0-9a-f]{2})+/gi, ENTITY = /&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi;
const ENTITIES = {
  amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: " ", num: "#", equals: "=", semi: ";", colon: ":", comma: ",", percnt: "%",
  lsquo: "'", rsquo: "'", ldquo: "\"", rdquo: "\"",
};
// What `&lang=` becomes where `&lang` is taken for an angle bracket.
const LANG = /[\u2329\u27e8\u3008]=/g;
const QUOTED_PRINTABLE = new RegExp(`\\b(${WORDS})=3D`, "g");
const BEGIN = new RegExp(`#[/#!?&]{0,8}(?=(?:${WORDS})(?:[=&]|$))`, "i"), FIRST = new RegExp(`^(?:${WORDS})(?:[=&]|$)`, "i");
const NAME = /(^|[;|])([A-Za-z]\w*)(?=:)/g;
// What is written in place of the characters of a link; "" for what is not seen.
const ALIKE = {
  "\"": "“”„‟«»「」『』", "'": "‘’‚‛‹›", "-": "‐‑‒–—―−﹣", ".": "。", ",": "、", ":": "∶", "(": "（【〔", ")": "）】〕", "<": "〈《", ">": "〉》",
  "": "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff",
};
const PLAIN = new Map(Object.entries(ALIKE).flatMap(([plain, others]) => [...others].map((other) => [other, plain])));
const AROUND = "\"'<>()[]{}`*", BEFORE = `${AROUND}/#!?&`, AFTER = `${AROUND}.,;!?`;

// The pieces of a link by name, cleaned; null for a name without a value. A text that is no link is
// a single piece whose name is "". Of pieces with the same name the first counts; `hide` and `lock`
// are lists, whose members are all kept.
/** @returns {Map<string, string | null>} */
export function piecesOf(link) {
  const text = plain(link), begin = BEGIN.exec(text), pieces = new Map();
  let fragment = begin ? text.slice(begin.index + begin[0].length) : withoutStart(text, BEFORE);
  if (!begin && !FIRST.test(fragment)) {
    const mark = text.indexOf("#");
    if (mark < 0) return pieces.set("", valueOf("", text));
    fragment = withoutStart(text.slice(mark + 1), BEFORE);
  }
  for (const piece of fragment.split("&").filter(Boolean)) {
    const equals = piece.indexOf("="), name = stripped(equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? null : valueOf(name, piece.slice(equals + 1)), before = pieces.get(name);
    if (before && value && LISTS.includes(name)) pieces.set(name, `${before},${value}`);
    else if (!before) pieces.set(name, value);
  }
  return pieces;
}

// A page's address whose # was escaped into the query, put right; null if there is nothing to do.
export function restored({ pathname, search, hash }) {
  const found = /^(.*?)(?:%(?:25)*23|%ef%bc%83)(.*)$/i.exec(search);
  if (!found || !new RegExp(WORDS, "i").test(found[2])) return null;
  return `${pathname}${found[1] === "?" ? "" : found[1]}#${found[2]}${found[2].endsWith("&") ? hash : hash.replace(/^#/, "&")}`; // &#38; was cut in two
}

// A text without escapes, spaces and look-alikes; of a redirect the link that it leads to.
function plain(text) {
  for (let round = 0; round < ROUNDS; round++) {
    const before = text, redirect = REDIRECT.exec(text);
    text = (redirect ? redirect[1] : text).replace(ESCAPED, unescaped).replace(ENTITY, character);
    if (text === before) break;
  }
  text = [...text.replace(LANG, "&lang=")].map((one) => PLAIN.get(one) ?? narrow(one)).join("");
  if (text.search(QUOTED_PRINTABLE) >= 0) text = text.replace(/=\r?\n/g, "").replace(QUOTED_PRINTABLE, "$1="); // there a broken line ends with =
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\s\x00-\x1f\x7f\x85]+/g, "");
}

// Full-width forms as the usual ones.
const narrow = (one) => (one >= "！" && one <= "～" ? String.fromCharCode(one.charCodeAt(0) - 0xfee0) : one);

function unescaped(escaped) {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

function character(entity, decimal, hexadecimal, name) {
  if (name) return ENTITIES[name.toLowerCase()] ?? entity;
  const code = decimal ? Number(decimal) : parseInt(hexadecimal, 16);
  return code < 0xd800 || (code > 0xdfff && code <= 0x10ffff) ? String.fromCodePoint(code) : entity;
}

function valueOf(name, text) {
  const value = stripped(text);
  if (!STATES.includes(name)) return value.toLowerCase();
  return value.replace(NAME, (_, before, word) => before + word.toLowerCase());
}

function withoutStart(text, marks) {
  let start = 0;
  while (start < text.length && marks.includes(text[start])) start += 1;
  return text.slice(start);
}

// Without the punctuation around it; what ends in dots was cut off, and stays as it is.
function stripped(text) {
  const rest = withoutStart(text, AROUND);
  let end = rest.length;
  while (end > 0 && AFTER.includes(rest[end - 1])) end -= 1;
  return rest.slice(end).includes("..") ? rest : rest.slice(0, end);
}
