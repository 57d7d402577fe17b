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

// Whether the visitor wants nothing to move by itself.
export const withoutMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// A view's markup, once its style sheets are there. Both are files of ours.
export async function fetchView(address, ...sheets) {
  const styled = sheets.map((href) => new Promise((done) => {
    document.head.append(element("link", { rel: "stylesheet", href, onload: done, onerror: done }));
  }));
  const [html] = await Promise.all([fetch(address).then((answer) => answer.text()), ...styled]);
  return document.createRange().createContextualFragment(html);
}
