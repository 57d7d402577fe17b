// Pictures that name their state (data-state) can be picked for something else than going there: by
// a click while something waits for one, or by dragging them onto it.

// What is dropped on an element goes to `take(dataTransfer)`; the class shows that it would be taken.
export function takeDrops(host, className, take) {
  host.ondragover = (event) => {
    event.preventDefault();
    host.classList.add(className);
  };
  host.ondragleave = ({ relatedTarget }) => host.contains(relatedTarget) || host.classList.remove(className);
  host.ondrop = (event) => {
    event.preventDefault();
    host.classList.remove(className);
    take(event.dataTransfer);
  };
}

export class PickMode {
  constructor(root) {
    this.root = root;
    this.waiting = null;
    root.addEventListener("click", (event) => this.click(event), true);
    root.addEventListener("pointerdown", ({ pointerType }) => { this.touched = pointerType === "touch"; });
    root.addEventListener("dragstart", (event) => this.drag(event));
    document.addEventListener("keydown", (event) => this.waiting && event.key === "Escape" && this.stop());
  }

  // A button that waits for a picture when it is pressed, until it got one; or, for `many`, until it
  // is pressed again. What it stands in takes pictures that are dropped there.
  offer(button, host, take, many = false) {
    const one = { button, take, many };
    button.setAttribute("aria-pressed", false);
    button.onclick = () => (this.waiting === one ? this.stop() : this.wait(one));
    takeDrops(host, "ex-over", (given) => {
      const text = given.getData("text/plain");
      if (this.dragged && text === this.dragged) take(text); // nothing from elsewhere
    });
  }

  wait(one) {
    this.stop();
    this.waiting = one;
    one.button.setAttribute("aria-pressed", true);
    this.root.classList.add("ex-picking");
  }

  stop() {
    this.waiting?.button.setAttribute("aria-pressed", false);
    this.waiting = null;
    this.root.classList.remove("ex-picking");
  }

  click(event) {
    const text = event.target.closest("[data-state]")?.dataset.state;
    if (!this.waiting || !text) return;
    event.preventDefault();
    event.stopPropagation();
    const { take, many } = this.waiting;
    if (!many) this.stop();
    take(text);
  }

  drag(event) {
    const text = event.target.closest?.("[data-state]")?.dataset.state;
    if (!text) return;
    if (this.touched) return event.preventDefault(); // a finger scrolls, and its long press compares
    this.dragged = text;
    event.dataTransfer.setData("text/plain", text);
    event.dataTransfer.effectAllowed = "copy";
  }
}
