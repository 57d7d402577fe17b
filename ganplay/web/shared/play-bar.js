// The bar of what trains: playing, starting over, steps, and how fast it goes.

import { outOfBounds } from "./problem-words.js";
import { t, whole } from "./i18n.js";

const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null]; // steps a second; null: as fast as it can
const MOST_STEPS = 10_000;

export class PlayBar {
  // `view` is the Lab or the Arena; `prefix` begins the names of the bar's parts.
  constructor(view, prefix) {
    this.view = view;
    this.part = (name) => view.find(`.${prefix}${name}`);
    this.count = this.part("count");
    this.speed = this.part("speed");
    this.on("toggle", () => view.toggle());
    this.on("rewind", () => view.send("rewind"));
    this.on("step-both", () => this.step(1));
    this.on("step-many", () => this.stepMany());
    this.count.onkeydown = ({ key }) => {
      if (key === "Enter") this.stepMany(); // a handler that gives back false would hold the key
    };
    this.speed.oninput = () => {
      view.speed = SPEEDS[this.speed.valueAsNumber];
      this.showSpeed();
      view.send("speed", { speed: view.speed });
    };
  }

  on(name, does) {
    this.part(name).onclick = does;
  }

  step(count) {
    this.view.send("step", { count });
  }

  stepMany() {
    const { value } = this.count, count = Number(value);
    if (Number.isInteger(count) && count >= 1 && count <= MOST_STEPS) this.step(count);
    else this.view.app.toast(outOfBounds(t("play.count"), value, 1, MOST_STEPS, true));
  }

  showPlaying() {
    const { playing } = this.view, toggle = this.part("toggle");
    toggle.classList.toggle("playing", playing);
    toggle.setAttribute("aria-pressed", playing);
    this.part("toggle-text").textContent = t(playing ? "play.pause" : "play.play");
  }

  rate(steps, catchingUp) {
    if (catchingUp) return t("play.catching_up");
    return steps >= 1 ? t("play.rate", { rate: whole(steps) }) : "";
  }

  showSpeed() {
    const { speed } = this.view, place = SPEEDS.indexOf(speed);
    const text = speed === null ? t("play.fastest") : t("play.rate", { rate: speed });
    this.speed.value = place < 0 ? SPEEDS.length - 1 : place;
    this.part("speed-text").textContent = text;
    this.speed.setAttribute("aria-valuetext", text);
  }
}
