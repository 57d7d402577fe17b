// Where the article stands, below the Lab. Its files and pieces are fetched when one scrolls near; on a
// narrow window, whose page is long already, it opens by a button.

import { WhenNeeded } from "../shared/when-needed.js";
import { element, fetchView, narrow } from "../shared/dom.js";

const NEAR = "100px 0px"; // of the window's edges: its head is styled when it comes in sight

export class ArticlePlace {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.loaded = null;
    this.part = null; // the article, once it has been loaded
    this.title = element("h2", { tabIndex: -1, dataset: { t: "article.title" } });
    this.more = element("button", { type: "button", className: "primary article-more", hidden: !narrow(), dataset: { t: "article.read" } });
    this.more.onclick = () => this.goTo();
    this.body = element("div", { className: "article-body" });
    this.host = element("section", { className: "article", dataset: { part: "article", tLabel: "article.title" } },
      element("header", { className: "article-head" }, this.title, element("p", { dataset: { t: "article.about" } }), this.more), this.body);
    app.find("#panel-lab").append(this.host);
    const { hide, lock } = app.teach.asked;
    if (![...hide, ...lock].includes("article")) this.offer();
    this.watch();
  }

  watch() {
    const watch = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      watch.disconnect();
      if (this.more.hidden) this.start();
      else this.files().catch(console.warn); // its head is to look as it should
    }, { rootMargin: NEAR });
    watch.observe(this.host);
  }

  files() {
    const at = `${this.app.base}/assets/article`;
    return fetchView(`${at}/piece.html`, `${at}/article.css`);
  }

  start() {
    this.more.hidden = true;
    this.loaded ||= new WhenNeeded(this.body, (again) => this.load(again));
  }

  async load(again) {
    const [{ Article }, markup] = await Promise.all([import(`./article.js${again}`), this.files()]);
    return (this.part = new Article(this.app, this.body, markup.querySelector("figure")));
  }

  goTo() {
    this.start();
    this.title.focus({ preventScroll: true });
    this.host.scrollIntoView();
    if (!this.part) this.loaded.part.then(() => this.host.scrollIntoView()); // the page is longer then
  }

  // A way to it from the help of every view.
  offer() {
    const box = this.app.find(".help-box"), go = element("button", { value: "article", className: "help-article", dataset: { t: "article.open" } });
    box.querySelector("form").append(" ", go);
    // When it is closed, since then the focus goes back to where it was.
    box.addEventListener("close", () => {
      if (box.returnValue !== "article") return;
      box.returnValue = "";
      this.app.views.show("lab");
      this.goTo();
    });
  }
}
