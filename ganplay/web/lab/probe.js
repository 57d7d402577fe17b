// Coordinates and D under the pointer: D is asked at this very point, not read off the map.

import { locate } from "../shared/plane.js";
import { number, t } from "../shared/i18n.js";

export class Probe {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.box = lab.find(".probe");
    this.asked = false;
    for (const plane of [lab.plane, lab.second]) {
      plane.canvas.addEventListener("pointermove", (event) => this.move(plane, event));
      plane.canvas.addEventListener("pointerdown", (event) => this.move(plane, event));
      plane.canvas.addEventListener("pointerleave", () => this.leave());
    }
    lab.addEventListener("frame", () => this.show());
  }

  // The last of an animation frame's points is asked about.
  ask() {
    if (!this.asked) requestAnimationFrame(() => {
      this.asked = false;
      this.lab.look();
    });
    this.asked = true;
  }

  show() {
    const { probeAt, frame } = this.lab;
    if (!probeAt || !frame) return;
    const [x, y] = probeAt.map((v) => number(v)), { probe, rival } = frame, d = number(probe, 3);
    this.box.textContent = rival ? t("pair.probe", { x, y, a: d, b: number(rival.probe, 3) }) : t("stage.probe", { x, y, d });
  }

  move(plane, event) {
    const { lab, box } = this, { canvas } = plane, { clientX, clientY, pointerType } = event;
    if (plane === lab.second && !lab.frame?.rival) return;
    lab.probeAt = locate(canvas, plane.extent, event);
    canvas.parentElement.append(box);
    const area = canvas.getBoundingClientRect(), right = clientX - area.left > area.width / 2;
    box.style.left = `${clientX - area.left + (right ? -12 : 12)}px`;
    box.style.top = `${clientY - area.top + (pointerType === "touch" ? -64 : 12)}px`;
    box.classList.toggle("left", right);
    box.hidden = false;
    this.show();
    this.ask();
  }

  leave() {
    this.lab.probeAt = null;
    this.box.hidden = true;
    this.lab.look();
  }
}
