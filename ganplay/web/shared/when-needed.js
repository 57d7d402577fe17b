// A part of the page whose files are fetched when it is first needed. Where that fails, its place says
// so, and it is tried again: by itself, later each time, when the browser is online again, and by a button.

import { element } from "./dom.js";
import { t } from "./i18n.js";

const FIRST_WAIT = 2000, LONGEST_WAIT = 30_000; // milliseconds

export class WhenNeeded {
  // `load(again)` resolves to the part that fills the place `host`; `again` goes behind its script's
  // address, as browsers remember that an address could not be loaded.
  constructor(host, load) {
    this.host = host;
    this.load = load;
    this.tries = 0;
    this.wait = FIRST_WAIT;
    this.part = new Promise((done) => { this.done = done; }); // never fails: it may come late
    this.text = element("p", { dataset: { t: "unloaded.text" } });
    this.button = element("button", { type: "button", className: "primary", dataset: { t: "unloaded.again" }, onclick: () => this.attempt() });
    this.note = element("section", { className: "unloaded", role: "alert" }, this.text, this.button);
    this.online = () => this.timer && this.attempt();
    window.addEventListener("online", this.online);
    this.attempt();
  }

  async attempt() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = null;
    this.button.disabled = true;
    const again = this.tries ? `?again=${this.tries}` : "";
    this.tries += 1;
    try {
      const part = await this.load(again);
      this.note.remove();
      window.removeEventListener("online", this.online);
      this.done(part);
    } catch (error) {
      console.warn(error);
      this.fail();
    }
    this.busy = false;
  }

  fail() {
    const { host, note } = this;
    this.text.textContent = t("unloaded.text"); // in another language the page fills it in again
    this.button.textContent = t("unloaded.again");
    this.button.disabled = false;
    if (host.children.length !== 1 || !note.isConnected) host.replaceChildren(note); // nothing half made stays
    this.timer = setTimeout(() => this.attempt(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }
}
