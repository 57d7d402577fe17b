/* global element, props, server, watch -- Gradio hands these to the script */
// Runs when Gradio has put the page's markup in place; loads the page's scripts from our own routes.
const root = new URL((window.gradio_config && window.gradio_config.root) || "/", location.href);
const base = location.origin + root.pathname.replace(/\/$/, "") + "/ganplay";
// Our own style sheets, and not Gradio's `css`: that is put on the page twice, once with prefixes that
// change which rule wins.
const styled = ["shared/theme.css", "shared/page.css", "lab/lab.css"].map((name) => new Promise((done) => {
  const sheet = document.createElement("link");
  Object.assign(sheet, { rel: "stylesheet", href: `${base}/assets/${name}`, onload: done, onerror: done });
  document.head.append(sheet);
}));
Promise.all([import(base + "/assets/app.js"), ...styled]).then(([app]) => {
  element.querySelector(".lab").hidden = false;
  return app.mount(element.querySelector(".lab"), {
    base,
    newToken: () => server.new_token(),
    token: new Promise((found) => {
      const look = () => props.value && found(props.value);
      watch("value", look);
      look();
    }),
  });
}).catch((error) => {
  console.warn(error);
  element.querySelector(".lab").hidden = true;
  const note = element.querySelector(".unloaded-page");
  note.hidden = false;
  note.querySelector("button").onclick = () => location.reload();
});
