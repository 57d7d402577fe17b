// Keeping a session's weights as a file, and going on from such a file.

import { has, t } from "../shared/i18n.js";

const MOST_BYTES = 32 * 2 ** 20;

// A request for the page's own session. Its error has the server's kind of refusal as message, and
// a file's content or address as little as the token in it.
export async function ask(lab, path, options = {}, type = "application/octet-stream") {
  const headers = { "X-Ganplay-Token": await lab.link.ticket(), "Content-Type": type };
  const answer = await fetch(`${lab.base}/${path}`, { method: "POST", headers, ...options });
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.type || "failed");
}

export class Weights {
  constructor(lab) {
    this.lab = lab;
    this.file = lab.find(".weights-file");
    lab.find(".save-weights").onclick = () => this.save();
    lab.find(".load-weights").onclick = () => this.file.click();
    this.file.onchange = () => this.load();
  }

  async save() {
    try {
      const answer = await ask(this.lab, "weights/save");
      this.lab.share.download("ganplay.safetensors", await answer.blob());
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
      await ask(this.lab, "weights/load", { body: file });
    } catch (error) {
      this.lab.tell("adopting", false);
      this.refuse(error, file.name);
    }
    this.lab.share.box.close();
  }

  refuse(error, file = "") {
    const known = has(`weights.problems.${error.message}`), limit = `limits.${error.message}`;
    const why = has(limit) ? t(limit) : t(`weights.problems.${known ? error.message : "failed"}`);
    this.lab.toast(t(file ? "weights.refused" : "weights.unsaved", { file, why }));
    this.lab.share.box.close();
  }
}
