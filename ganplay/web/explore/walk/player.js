// Plays frames at an even rate, whatever the screen's: what is shown is always a frame that was made.

import { t } from "../../shared/i18n.js";

export class Player {
  // `show(place)` draws one; the button starts and stops, the slider says where; where what is shown
  // is no longer `seen()`, it stops.
  constructor({ show, button, slider, seen }) {
    this.show = show;
    this.seen = seen;
    this.button = button;
    this.at = this.count = 0;
    this.rate = 24;
    this.whole = this.playing = false;
    this.tick = this.tick.bind(this);
    this.label();
    button.onclick = () => (this.playing ? this.pause() : this.play());
    slider.oninput = () => {
      this.pause();
      this.seek(slider.valueAsNumber);
    };
  }

  // What the button does now, in the present language.
  label() {
    const name = t(this.playing ? "walk.pause" : "walk.play");
    Object.assign(this.button, { title: name, ariaLabel: name, textContent: this.playing ? "❚❚" : "▶" });
  }

  get place() {
    return Math.min(Math.floor(this.at), Math.max(0, this.count - 1));
  }

  // So many frames are there by now, and whether these are all.
  extend(count, whole) {
    const first = !this.count && count;
    Object.assign(this, { count, whole });
    if (first) this.show(this.place);
  }

  reset(rate) {
    Object.assign(this, { at: 0, count: 0, whole: false, rate });
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.last = null;
    this.label();
    requestAnimationFrame(this.tick);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.label();
  }

  seek(place) {
    this.at = Math.min(Math.max(0, place), Math.max(0, this.count - 1));
    if (this.count) this.show(this.place);
  }

  tick(now) {
    if (!this.playing) return;
    if (!this.seen()) return this.pause();
    const before = this.place;
    this.at = advanced(this.at, this.last === null ? 0 : ((now - this.last) / 1000) * this.rate, this.count, this.whole);
    this.last = now;
    if (this.count && this.place !== before) this.show(this.place);
    requestAnimationFrame(this.tick);
  }
}

// Where playing comes to from a place: round again at the end of what is whole, else no farther than
// what has been made.
export function advanced(at, by, count, whole) {
  if (!count) return at;
  return whole ? (at + by) % count : Math.min(at + by, count - 1);
}
