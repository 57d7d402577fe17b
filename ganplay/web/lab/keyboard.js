// The Lab's keys. A key works only where the part that it stands for does.

import { LAYERS } from "./layers.js";

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea, dialog, [contenteditable]";

export function listenToKeys(lab) {
  const { app, teach, timeline } = lab;
  const keys = {
    " ": ["play", () => lab.toggle()],
    s: ["steps", () => lab.step("both")],
    d: ["steps", () => lab.step("d")],
    g: ["steps", () => lab.step("g")],
    r: ["play", () => lab.rewind()],
    ",": ["timeline", () => timeline.go(-1)],
    ".": ["timeline", () => timeline.go(1)],
    l: ["timeline", () => timeline.live()],
    p: ["", () => teach.setProjector(!teach.projector)],
    "?": ["", () => app.showHelp()],
  };
  LAYERS.forEach((name, i) => { keys[i + 1] = ["layers", () => lab.layers.toggle(name)]; });
  document.addEventListener("keydown", (event) => {
    const { key } = event, target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(FIELDS) || lab.away || !lab.root.isConnected) return;
    if (key === " " && target.closest("button, summary, input[type=checkbox]")) return;
    const [part, callback] = keys[key.toLowerCase()] || [];
    if (!callback || !teach.free(part)) return;
    callback();
    event.preventDefault();
  });
}
