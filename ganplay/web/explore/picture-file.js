// A file as the picture that is looked for: the server brings it to the model's shape, and of a
// photographed drawing it keeps the ink alone. A slider says how dark a pixel must be to be ink.

import { splitChunks } from "../shared/wire.js";
import { ask } from "../shared/request.js";
import { has, t, whole } from "../shared/i18n.js";

const MOST = { size: 10_000_000, pixels: 25_000_000 }; // as in ganplay/media/uploads.py
const MOST_SIDE = 512, LIGHT = 200_000; // pixels and bytes of what is sent again for each move of the slider

export class PictureFile {
  /** @param {import("./projection.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.slider = panel.at("ink");
    this.slider.oninput = () => this.again();
    this.asking = false;
    this.waits = false;
    this.forget();
  }

  forget() {
    this.kept = null;
    this.level = null;
    this.show();
  }

  // The slider is there as long as a drawing of the file may be on the sheet.
  show() {
    const { panel, slider, level } = this, text = `${slider.value} %`;
    panel.at("ink-box").hidden = level === null || !panel.pad.sheet?.drawn;
    panel.at("ink-value").textContent = text;
    slider.setAttribute("aria-valuetext", t("find.ink_value", { n: slider.value }));
  }

  async open(file) {
    const name = file.name || t("find.pasted"), made = await this.prepared(file, name, "");
    if (!made) return;
    this.forget();
    this.panel.pad.put(made.content);
    this.panel.note(made.notes);
    if (made.ink === null) return;
    this.kept = { file: await smaller(file), name, notes: made.notes };
    this.level = this.slider.value = made.ink;
    this.show();
  }

  // With the slider's level; while an answer is awaited only the newest one waits.
  async again() {
    this.show();
    this.waits = true;
    if (this.asking) return;
    this.asking = true;
    while (this.waits) {
      this.waits = false;
      const { kept } = this, made = kept && await this.prepared(kept.file, kept.name, `&ink=${this.slider.value}`);
      if (!made || kept !== this.kept) continue;
      this.panel.pad.putAgain(made.content);
      // What was done to the file before it was made smaller is still so.
      this.panel.note([...kept.notes.filter(({ code }) => !made.notes.some((one) => one.code === code)), ...made.notes]);
    }
    this.asking = false;
  }

  // The server's picture of a file; null if there is none, which is said, or if it came too late.
  async prepared(file, name, more) {
    const { panel } = this, { app } = panel.explore, { model } = panel;
    try {
      if (file.size > MOST.size) throw new Error("size");
      const answer = await ask(app, `explore/picture?model=${encodeURIComponent(model.name)}${more}`, { body: file });
      const [made] = splitChunks(new Uint8Array(await answer.arrayBuffer())).found;
      return String(model.shape) === String(panel.model.shape) ? made : null;
    } catch (error) {
      const kind = `find.errors.${error.message}`;
      app.toast(t(has(kind) ? kind : "find.errors.failed", { file: name, most: whole(MOST[error.message]) }));
      return null;
    }
  }
}

// A large file as small as the server makes it, upright; the file itself where the browser cannot.
async function smaller(file) {
  if (file.size <= LIGHT) return file;
  try {
    const image = await createImageBitmap(file), scale = Math.min(1, MOST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) });
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return (await new Promise((done) => canvas.toBlob(done))) || file;
  } catch {
    return file;
  }
}
