// What Explore keeps over a reload, in this tab only: the state, what was seen, and the workbench with
// its walks. Favourites and directions are kept by themselves, for good.

import { modelOf } from "./latent-state.js";
import { keep, kept } from "../shared/files.js";
import { inTab } from "../shared/storage.js";

const NAME = "ganplay.explore", LONGEST = 8000;

// A state's string as it may be handed to the server, which repairs what it can.
export const isState = (text) => typeof text === "string" && text.length <= LONGEST && modelOf(text) !== null;

// Lists of a model's states, of which others are left out; `lists` is by model.
export function statesBy(lists, fits) {
  const all = lists && typeof lists === "object" ? Object.entries(lists) : [];
  return Object.fromEntries(all.filter(([model, content]) => fits(content, (text) => isState(text) && modelOf(text) === model)));
}

export class Kept {
  constructor() {
    const content = kept(NAME, inTab);
    this.content = content && typeof content === "object" ? content : {};
    this.due = false;
  }

  // What is kept of a part; undefined if nothing is. It may be anything.
  of(part) {
    return this.content[part];
  }

  // What is put at once is written once.
  put(part, value) {
    this.content[part] = value;
    if (!this.due) queueMicrotask(() => {
      this.due = false;
      keep(NAME, this.content, inTab);
    });
    this.due = true;
  }
}
