// The sheet on the page: mouse, pen, finger and keys paint on it, with a tool of some size.

import { paint } from "../shared/pixels.js";
import { BRUSH, Sheet } from "./sketch-bitmap.js";

const INK = [255], PAPER = [0], WHITE = [255, 255, 255];
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  // `changed` is called when something was painted, or taken back.
  constructor(host, changed) {
    this.changed = changed;
    this.tool = "pen";
    this.stroke = null;
    this.keyStroke = null; // of a run of arrows with Shift
    this.here = null;
    this.at = (name) => host.querySelector(`.fi-${name}`);
    this.box = this.at("touch");
    this.canvas = this.at("picture");
    this.size = this.at("size");
    this.size.value = BRUSH.usual;
    for (const button of host.querySelectorAll("[data-tool]")) button.onclick = () => this.choose(button.dataset.tool);
    this.tools = [...host.querySelectorAll("[data-tool]")];
    this.at("undo").onclick = () => this.undo();
    this.at("clear").onclick = () => this.change(() => this.sheet.clear());
    this.size.oninput = () => this.showBrush();
    this.wireHand();
    this.choose("pen");
  }

  // Another model's pictures; what was drawn stays if they are of the same shape, and so does what was
  // kept before.
  turnTo(shape, before) {
    if (this.sheet && String(this.sheet.shape) === String(shape)) return;
    const grey = shape[0] === 1;
    this.sheet = new Sheet(shape, grey ? PAPER : WHITE);
    this.sheet.restore(before);
    this.here = [shape[2] / 2, shape[1] / 2];
    this.at("colour-box").hidden = grey;
    this.at("guide").hidden = !grey;
    this.draw();
  }

  choose(tool) {
    this.tool = tool;
    for (const one of this.tools) one.setAttribute("aria-pressed", one.dataset.tool === tool);
  }

  change(does) {
    does();
    this.draw();
    this.changed();
  }

  put(pixels) {
    this.change(() => this.sheet.put(pixels));
  }

  putAgain(pixels) {
    this.change(() => this.sheet.putAgain(pixels));
  }

  undo() {
    this.keyStroke = null;
    this.change(() => this.sheet.undo());
  }

  get colour() {
    if (this.sheet.shape[0] === 1) return INK;
    return this.at("colour").value.match(/\w\w/g).map((two) => parseInt(two, 16));
  }

  // ---- the hand -------------------------------------------------------------------------------

  wireHand() {
    const { box } = this;
    box.onpointerdown = (event) => {
      if (event.button) return;
      event.preventDefault();
      box.focus({ preventScroll: true });
      box.setPointerCapture(event.pointerId);
      this.keyStroke = null;
      this.stroke = this.begin();
      this.to(this.place(event));
    };
    box.onpointermove = (event) => {
      const between = event.getCoalescedEvents?.() || [];
      this.here = this.place(event);
      this.showBrush();
      if (!this.stroke) return;
      for (const one of between) this.stroke(this.place(one));
      this.to(this.here);
    };
    box.onpointerup = box.onpointercancel = () => {
      if (this.stroke) this.changed();
      this.stroke = null;
    };
    box.onpointerleave = () => { this.at("brush").hidden = true; };
    box.onblur = () => {
      this.keyStroke = null;
      this.at("brush").hidden = true;
    };
    box.onkeydown = (event) => this.key(event);
  }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.box.getBoundingClientRect(), [, h, w] = this.sheet.shape;
    return [((clientX - left) / width) * w, ((clientY - top) / height) * h];
  }

  begin() {
    return this.sheet.stroke(this.tool, this.size.valueAsNumber, this.colour);
  }

  to(place) {
    this.stroke(place);
    this.draw();
  }

  // Arrows move the brush, with Shift they paint on the way; Enter and Space paint where it is.
  key(event) {
    const move = MOVES[event.key], command = event.ctrlKey || event.metaKey;
    const undo = event.key === "Backspace" || (command && event.key.toLowerCase() === "z");
    if (!move && !undo && !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // what is undone is the sheet's
    if (undo) return this.undo();
    const [, h, w] = this.sheet.shape, from = this.here;
    if (move) this.here = [[0, w], [1, h]].map(([axis, most]) => Math.min(most - 0.5, Math.max(0.5, from[axis] + move[axis])));
    if (!move || event.shiftKey) {
      const stroke = (move && this.keyStroke) || this.begin(); // a run of arrows is one stroke
      this.change(() => (stroke(from), stroke(this.here)));
      this.keyStroke = move ? stroke : null;
    } else this.keyStroke = null;
    this.showBrush();
  }

  // ---- what is seen ---------------------------------------------------------------------------

  draw() {
    const { shape, pixels, hidden, drawn, masked } = this.sheet, [, h, w] = shape;
    paint(this.canvas, pixels, [1, ...shape]);
    const over = this.at("hidden");
    if (over.width !== w || over.height !== h) Object.assign(over, { width: w, height: h });
    const image = new ImageData(w, h);
    hidden.forEach((one, i) => {
      const light = (Math.floor(i / w) + (i % w)) % 2; // a chequerboard: to be told from any picture
      if (one) image.data.set(light ? [255, 171, 94, 235] : [169, 79, 0, 235], 4 * i);
    });
    over.getContext("2d").putImageData(image, 0, 0);
    this.at("empty").hidden = drawn || masked;
    this.at("undo").disabled = !this.sheet.past.length;
    this.at("clear").disabled = !drawn && !masked;
  }

  showBrush() {
    const brush = this.at("brush"), [, h, w] = this.sheet.shape, across = (2 * this.size.valueAsNumber + 1) / w;
    brush.hidden = false;
    Object.assign(brush.style, { left: `${(100 * this.here[0]) / w}%`, top: `${(100 * this.here[1]) / h}%`, width: `${100 * across}%` });
  }
}
