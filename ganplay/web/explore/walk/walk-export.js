// A walk as a file: a film, or a picture of its frames.

import { element } from "../../shared/dom.js";
import { download } from "../../shared/files.js";
import { request } from "./stream.js";
import { writeWalk } from "./walk-string.js";
import { t } from "../../shared/i18n.js";

const SIDE = 512, BEST_SIDE = 256; // pixels of a frame's side: the largest, and the usual one
const TYPES = { gif: "image/gif", mp4: "video/mp4", strip: "image/png", sheet: "image/png" };

export class WalkExport {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    for (const button of panel.host.querySelectorAll("[data-kind]")) button.onclick = () => this.make(button.dataset.kind);
    panel.find(".wk-cancel").onclick = () => this.abort?.abort();
  }

  fillZooms() {
    const { explore, find } = this.panel, side = explore.model.shape.at(-1), select = find(".wk-zoom"), before = select.value;
    const zooms = [1, 2, 4, 8, 16].filter((zoom) => zoom * side <= SIDE);
    select.replaceChildren(...zooms.map((zoom) => element("option", { value: zoom, textContent: t("walk.pixels", { n: zoom * side }) })));
    select.value = zooms.includes(Number(before)) ? before : zooms.filter((zoom) => zoom * side <= BEST_SIDE).at(-1);
  }

  async make(kind) {
    this.abort?.abort();
    const { find, app, model, walk } = this.panel, { signal } = (this.abort = new AbortController());
    const bar = find(".wk-progress"), say = (key, values) => { find(".wk-status").textContent = t(`walk.status.${key}`, values); };
    find(".wk-making").hidden = false;
    bar.removeAttribute("value"); // before anything is known
    say("waiting");
    const callback = ({ done, of }) => {
      if (!of) return;
      Object.assign(bar, { max: of, value: done });
      say("saving", { value: Math.round((100 * done) / of) });
    };
    try {
      const content = { model: model.name, walk: writeWalk(walk), kind, zoom: Number(find(".wk-zoom").value) };
      const file = await request(app, content, { signal, callback });
      download(file.name, new Blob([file.content], { type: TYPES[kind] }));
      say("saved", { name: file.name, size: Math.max(1, Math.round(file.content.length / 1000)) });
    } catch (error) {
      if (error.name === "AbortError") say("cancelled");
      else find(".wk-status").textContent = "";
      this.panel.fail(error);
    }
    if (this.abort.signal === signal) find(".wk-making").hidden = true;
  }
}
