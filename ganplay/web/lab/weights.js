// Keeping a session's weights as a file, and going on from such a file.

import { ask } from "../shared/request.js";
import { download } from "../shared/files.js";
import { has, t } from "../shared/i18n.js";

const MOST_BYTES = 32 * 2 ** 20;

export class Weights {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.file = lab.find(".weights-file");
    lab.find(".save-weights").onclick = () => this.save();
    lab.find(".load-weights").onclick = () => this.file.click();
    this.file.onchange = () => this.load();
  }

  async save() {
    try {
      const answer = await ask(this.lab.app, "weights/save");
      download("ganplay.safetensors", await answer.blob());
    } catch (error) {
      this.refuse(error);
    }
  }

  async load() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    try {
      if (file.size > MOST_BYTES) throw new Error("size");
      this.lab.tell("adopting", true);
      await ask(this.lab.app, "weights/load", { body: file });
    } catch (error) {
      this.lab.tell("adopting", false);
      this.refuse(error, file.name);
    }
    this.lab.share.box.close();
  }

  refuse(error, file = "") {
    const known = has(`weights.problems.${error.message}`), limit = `limits.${error.message}`;
    const why = has(limit) ? t(limit) : t(`weights.problems.${known ? error.message : "failed"}`);
    this.lab.app.toast(t(file ? "weights.refused" : "weights.unsaved", { file, why }));
    this.lab.share.box.close();
  }
}
