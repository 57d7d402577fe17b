// Putting a text on the clipboard.

import { t } from "./i18n.js";

const SHOWN = 1500; // milliseconds for which the button says that it is done

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
  setTimeout(() => { button.textContent = t(button.dataset.t); }, SHOWN);
}
