// Requests in the name of the page's own session.

// The answer to a POST, or an error that has the server's kind of refusal as message, and the
// `problems` of refused settings. It has a file's content or address as little as the token in it.
// With `renew` a page that the server no longer knows asks once more, as a new one.
/** @param {RequestInit & { type?: string, renew?: boolean }} [asked] */
/** @param {import("../app.js").App} app */
export async function ask(app, path, asked = {}) {
  const { type = "application/octet-stream", renew = false, ...options } = asked;
  const headers = { "X-Ganplay-Token": await app.link.getToken(), "Content-Type": type };
  const answer = await fetch(`${app.base}/${path}`, { method: "POST", headers, ...options });
  if (answer.ok) return answer;
  if (answer.status === 401 && renew) {
    app.link.token = app.link.newToken();
    return ask(app, path, { type, ...options });
  }
  const told = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(told.type || "failed"), { problems: told.problems });
}
