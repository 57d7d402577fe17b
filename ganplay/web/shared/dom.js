// Elements, and the files of ours that make up a view.

// An element with its properties, those of `dataset` among them, and what is in it.
/** @param {string} tag @param {Record<string, any>} [properties] @param {...any} children @returns {any} */
export function element(tag, { dataset = {}, ...properties } = {}, ...children) {
  const one = Object.assign(document.createElement(tag), properties);
  Object.assign(one.dataset, dataset);
  one.append(...children);
  return one;
}

// A select of options, or groups of them; `change(value)` is told of another choice.
export function choice(properties, options, value, change) {
  const select = element("select", properties, ...options);
  Object.assign(select, { value, onchange: () => change(select.value) });
  return select;
}

// Whether the window is as narrow as a phone; the style sheets have the same bound.
const NARROW = "(max-width: 760px)";
export const narrow = () => matchMedia(NARROW).matches;

// Whether the visitor wants nothing to move by itself.
export const withoutMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// A file of ours, or an error that says how the server answered.
export async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}: ${address}`);
  return answer;
}

const styles = new Set(); // addresses of the style sheets that are there

function fetchStyle(href) {
  return new Promise((/** @type {(value?: unknown) => void} */ done, failed) => {
    if (styles.has(href)) return done();
    const sheet = element("link", { rel: "stylesheet", href });
    sheet.onload = () => done(styles.add(href));
    sheet.onerror = () => {
      sheet.remove();
      failed(new Error(href));
    };
    document.head.append(sheet);
  });
}

// A view's markup, once its style sheets are there. Both are files of ours.
export async function fetchView(address, ...sheets) {
  const [html] = await Promise.all([fetched(address).then((answer) => answer.text()), ...sheets.map(fetchStyle)]);
  return document.createRange().createContextualFragment(html);
}
