// The Lab's keys. A key works only where the part that it stands for does.

import { LAYERS } from "./layers.js";
import { pageKey } from "../shared/page-keys.js";

/** @param {import("./lab.js").Lab} lab */
export function listenToKeys(lab) {
  const { teach, timeline } = lab;
  const keys = {
    " ": ["play", () => lab.toggle()],
    "s": ["steps", () => lab.step("both")],
    "d": ["steps", () => lab.step("d")],
    "g": ["steps", () => lab.step("g")],
    "r": ["play", () => lab.send("rewind")],
    ",": ["timeline", () => timeline.go(-1)],
    ".": ["timeline", () => timeline.go(1)],
    "l": ["timeline", () => timeline.live()],
  };
  LAYERS.forEach((name, i) => { keys[i + 1] = ["layers", () => lab.layers.toggle(name)]; });
  document.addEventListener("keydown", (event) => {
    const [part, callback] = keys[pageKey(event, "button, summary, input[type=checkbox]")] || [];
    if (!callback || lab.away || !lab.root.isConnected || !teach.free(part)) return;
    callback();
    event.preventDefault();
  });
}
