// The present state as something to paste elsewhere, which gives the same picture there.

import { t } from "../shared/i18n.js";

export function pythonOf(text, { name }) {
  return [
    "import ganplay", "",
    `model = ganplay.load("${name}")`,
    `state, _ = ganplay.read_state("${text}", "${name}", model.space)`,
    "picture = model.render([state])[0]  # uint8, (c, h, w)", "",
  ].join("\n");
}

export const commandOf = (text) => `ganplay sample --state "${text}" --out picture.png`;

export async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = Object.assign(document.createElement("textarea"), { value: text });
    button.after(box);
    box.select();
    document.execCommand("copy"); // without a secure origin there is no clipboard
    box.remove();
  }
  button.textContent = t("share.copied");
  setTimeout(() => { button.textContent = t(button.dataset.t); }, 1500);
}
