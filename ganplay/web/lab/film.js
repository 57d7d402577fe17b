// The run as a film: the moments that the page has kept, drawn and encoded by the server.

import { download } from "../shared/files.js";
import { has, t } from "../shared/i18n.js";
import { ask } from "../shared/request.js";
import { joined, uint32 } from "../shared/wire.js";

const RATES = { gif: 12, mp4: 20 }; // a GIF holds its pictures whole
const MOST_FRAMES = 240, SECONDS = [1, 12], SIZE = 480;
const TYPES = { gif: "image/gif", mp4: "video/mp4" };

// So many of the moments at even distances, the first and the last among them.
export function spread(moments, count) {
  if (moments.length <= count) return moments;
  return Array.from({ length: count }, (_, i) => moments[Math.round((i * (moments.length - 1)) / (count - 1))]);
}

// How many frames there are to be and how many a second, for a film of a length.
export function pace(available, seconds, kind) {
  const rate = RATES[kind], count = Math.min(available, Math.round(seconds * rate), MOST_FRAMES);
  return { count, fps: Math.min(rate, Math.max(1, Math.round(count / seconds))) };
}

// What is sent: each piece's length, and it.
export function order(asked, buffers) {
  const pieces = [new TextEncoder().encode(JSON.stringify(asked)), ...buffers.map((b) => new Uint8Array(b))];
  return joined(...pieces.flatMap((piece) => [uint32(piece.length), piece]));
}

// An answer has one byte for each picture as soon as it is drawn, then the film.
export async function receive(reader, count, drawn) {
  const parts = [];
  let left = count;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const marks = Math.min(left, value.length);
    if (marks) drawn(count - (left -= marks));
    if (value.length > marks) parts.push(value.subarray(marks));
  }
  if (left || !parts.length) throw new Error("failed");
  return parts;
}

export class Film {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.make = lab.find(".film-make");
    this.cancel = lab.find(".film-cancel");
    this.progress = lab.find(".film-progress");
    this.status = lab.find(".film-status");
    this.make.onclick = () => this.start();
    this.cancel.onclick = () => this.abort.abort();
  }

  async start() {
    const { lab } = this, seconds = lab.find(".film-seconds").valueAsNumber, kind = lab.find(".film-kind").value;
    const moments = lab.timeline.frames;
    if (!(seconds >= SECONDS[0] && seconds <= SECONDS[1])) return this.say(t("film.length", { low: SECONDS[0], high: SECONDS[1] }));
    if (moments.length < 2) return this.say(t("film.nothing"));
    const { count, fps } = pace(moments.length, seconds, kind);
    const { plane, data } = lab;
    const asked = {
      format: kind, fps, theme: lab.app.theme, size: SIZE, layers: lab.layers.shown, label: plane.label,
      real: [...data.real], labels: [...data.labels],
    };
    const frames = spread(moments, Math.max(2, count)).map((moment) => moment.buffer);
    this.abort = new AbortController();
    this.show(0, frames.length);
    try {
      const answer = await ask(lab.app, "film", { body: order(asked, frames), signal: this.abort.signal });
      const parts = await receive(answer.body.getReader(), frames.length, (drawn) => this.show(drawn, frames.length));
      download(`ganplay.${kind}`, new Blob(parts, { type: TYPES[kind] }));
      this.end(t("film.done"));
    } catch (error) {
      const kinds = { busy: "busy", size: "large", gone: "gone", refused: "gone" };
      if (has(`limits.${error.message}`)) this.end(t(`limits.${error.message}`));
      else this.end(t(`film.${error.name === "AbortError" ? "cancelled" : kinds[error.message] || "failed"}`));
    }
  }

  show(drawn, count) {
    const focused = document.activeElement === this.make;
    this.cancel.hidden = this.progress.hidden = false;
    this.make.disabled = true;
    if (focused) this.cancel.focus();
    this.progress.max = count;
    this.progress.value = drawn;
    this.say(drawn < count ? t("film.drawing", { drawn, count }) : t("film.encoding"));
  }

  end(text) {
    const focused = document.activeElement === this.cancel;
    this.make.disabled = false;
    this.cancel.hidden = this.progress.hidden = true;
    if (focused) this.make.focus();
    this.say(text);
  }

  say(text) {
    this.status.textContent = text;
  }
}
