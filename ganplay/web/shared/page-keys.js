// Keys that belong to the page, and not to what has the focus.

const FIELDS = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, dialog, [contenteditable]";

// The key in small letters; "" where it is another's. What is `pressed` by space keeps that key.
export function pageKey({ key, target, ctrlKey, metaKey, altKey }, pressed) {
  if (ctrlKey || metaKey || altKey || target.closest(FIELDS)) return "";
  return key === " " && target.closest(pressed) ? "" : key.toLowerCase();
}
