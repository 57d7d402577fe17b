// Taking an experiment along: links, lines for a terminal, files; and bringing settings back.

import { svgOf } from "./plane-svg.js";
import { measured, writeAddress } from "../shared/address.js";
import { copy } from "../shared/clipboard.js";
import { csv, download, save } from "../shared/files.js";
import { t } from "../shared/i18n.js";
import { pageAddress } from "../shared/page-address.js";

const MOST_BYTES = 120_000, LONGEST_LINK = 8000; // what is longer some programs cut off

// Every point that is shown, in the data's own coordinates.
export function pointRows(frame, data, unit) {
  const rows = (kind, points, labels, scale) => Array.from({ length: points.length / 2 }, (_, i) => {
    const at = [points[2 * i], points[2 * i + 1]].map((v) => (v * scale).toFixed(4));
    return [kind, ...at, labels?.[i] ?? ""];
  });
  const real = rows("real", data.real, data.labels, data.extent / unit);
  return [...real, ...rows("fake", frame.fakes, frame.labels, frame.extent / unit)];
}

export function curveRows(history) {
  const names = history.rows.length ? Object.keys(history.rows[0]) : [];
  const shown = (value) => (Number.isFinite(value) ? value : "");
  const rows = history.steps.map((step, i) => [step, ...names.map((name) => shown(history.rows[i][name]))]);
  return [["step", ...names], rows];
}

// Settings of a file as changes to be sent, or an error that says what is wrong with it.
export function readSettings(text) {
  const content = JSON.parse(text);
  const settings = content && typeof content === "object" && !Array.isArray(content) ? (content.config ?? content) : null;
  if (!settings || typeof settings !== "object" || Array.isArray(settings)) throw new Error("object");
  return settings;
}

export class Share {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.box = lab.find(".share-box");
    const on = (selector, does) => { lab.find(selector).onclick = does; };
    on(".share", () => this.open());
    on(".save-settings", () => save("ganplay-settings.json", JSON.stringify(lab.config, null, 2) + "\n", "application/json"));
    on(".save-points", () => this.savePoints());
    on(".save-script", (event) => this.saveScript(event));
    on(".save-curves", () => save("ganplay-curves.csv", csv(...curveRows(lab.charts.history)), "text/csv"));
    on(".save-picture", () => lab.plane.canvas.toBlob((blob) => download("ganplay.png", blob)));
    on(".save-svg", () => this.saveSvg());
    on(".teach-class", () => this.openClass());
    on(".load-settings", () => lab.find(".settings-file").click());
    lab.find(".settings-file").onchange = ({ target }) => this.load(target);
    for (const button of this.box.querySelectorAll("[data-copy]")) {
      button.onclick = (event) => {
        event.preventDefault();
        const field = lab.find(`.${button.dataset.copy}`);
        field.select();
        copy(button, field.value);
      };
    }
  }

  open() {
    this.lab.teach.build(this.lab.find(".teach-parts"), () => this.fill());
    this.fill();
    this.box.showModal();
  }

  // To the lecturer's page of a live class, which belongs to the lessons.
  async openClass() {
    const { views } = this.lab.app;
    this.box.close();
    views.show("learn");
    (await views.loaded.learn.part)?.room.open();
  }

  fill() {
    const { state, rival, seen: frame, teach } = this.lab;
    const steps = frame ? frame.step : 0;
    const texts = {
      link: `${pageAddress()}#${measured(writeAddress({ ...teach.chosen, state, rival: rival && rival.state }), teach.chosen)}`,
      command: `ganplay toy --state "${state}" --steps ${steps}`,
      python: `ganplay.ToyTrainer(ganplay.ToyConfig.from_state("${state}")[0]).step(${steps})`,
    };
    const long = texts.link.length > LONGEST_LINK;
    if (long) {
      const file = "ganplay-settings.json";
      texts.link = t("own.too_long");
      texts.command = `ganplay toy --config ${file} --steps ${steps}`;
      texts.python = `ganplay.ToyTrainer(ganplay.ToyConfig.from_dict(json.load(open("${file}")))).step(${steps})`;
    }
    this.lab.find("[data-copy=share-link]").disabled = long;
    for (const [name, text] of Object.entries(texts)) this.lab.find(`.share-${name}`).value = text;
    this.asked = new URLSearchParams({ state, steps });
    this.lab.find(".save-script").href = `${this.lab.base}/gan.py${long ? "" : `?${this.asked}`}`;
  }

  // What is too long for an address is posted.
  async saveScript(event) {
    if (event.target.closest("a").search) return;
    event.preventDefault();
    const answer = await fetch(`${this.lab.base}/gan.py`, { method: "POST", body: this.asked });
    if (answer.ok) download("gan.py", await answer.blob());
    else if (answer.status === 429) this.lab.app.toast(t("limits.crowded"));
  }

  savePoints() {
    const { seen: frame, data, schema } = this.lab;
    if (!frame) return;
    const rows = pointRows(frame, data, schema.frame.unit);
    save("ganplay-points.csv", csv(["kind", "x", "y", "class"], rows), "text/csv");
  }

  saveSvg() {
    const { plane, data, schema } = this.lab, { frame, palette, label } = plane;
    if (!frame) return;
    const text = svgOf({
      frame, data, palette, label, unit: schema.frame.unit, arrows: schema.frame.arrows, has: (layer) => plane.has(layer),
      map: plane.mapCanvas.toDataURL(), title: t("share.svg_title", { step: frame.step }),
    });
    save("ganplay.svg", text, "image/svg+xml");
  }

  async load(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      if (file.size > MOST_BYTES) throw new Error("size");
      this.lab.configure(readSettings(await file.text()));
      this.lab.tell("loaded");
    } catch {
      this.lab.app.toast(t("share.unreadable", { file: file.name }));
    }
    this.box.close();
  }
}
