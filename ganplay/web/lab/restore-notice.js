// Says so where a run that the server has let go of may come out different: it is trained again from
// settings, seed and steps, which know nothing of what was done on the way.

import { t } from "../shared/i18n.js";

const SECONDS = 60;

export class Anew {
  constructor(lab) {
    this.lab = lab;
    this.strayed = false;
    this.adopting = false;
    this.before = null;
    lab.addEventListener("adopting", ({ detail: on }) => { this.adopting = on; });
    lab.addEventListener("sent", ({ detail: { type, net } }) => { this.strayed ||= type === "step" && net !== "both"; });
    lab.addEventListener("state", ({ detail: event }) => this.state(event));
    lab.addEventListener("welcome", ({ detail: { known } }) => this.welcome(known));
  }

  // Whether the run still is that of its settings.
  state({ config, rival, restarted, playing, run }) {
    const { before } = this, { frame } = this.lab, begun = playing || (frame?.run === run && frame.step > 0);
    const now = (this.before = { a: JSON.stringify(config), b: rival && JSON.stringify(rival.config) });
    if (restarted) {
      this.strayed = this.adopting; // weights of a file
      this.adopting = false;
    } else if (before && begun && (now.a !== before.a || (now.b && before.b && now.b !== before.b))) this.strayed = true;
  }

  welcome(known) {
    if (known) return;
    if (this.strayed && this.lab.frame?.step > 0) this.lab.app.toast(t("toasts.anew"), SECONDS);
    this.strayed = false;
  }
}
