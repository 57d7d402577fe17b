// Runs of keys: arrows that are pressed one after another on one control are one change together, as
// one drag is.

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
const ASIDE = ["Shift", "Control", "Alt", "Meta"];
const PAUSE = 1500; // milliseconds without a key after which another run begins

export class KeyRun {
  constructor(page) {
    this.now = null; // stands for the run that goes on
    page.addEventListener("keydown", (event) => this.key(event), true);
    page.addEventListener("pointerdown", () => { this.now = null; }, true);
  }

  key({ key, target, timeStamp }) {
    if (ASIDE.includes(key)) return;
    // Where arrows move the focus, or what has it, the run is that of the whole row.
    const row = target.closest?.("[role=tablist], [data-run]") ?? target, { now } = this;
    if (!ARROWS.includes(key)) this.now = null;
    else if (now && now.row === row && timeStamp - now.at <= PAUSE) now.at = timeStamp;
    else this.now = { row, at: timeStamp };
  }
}
