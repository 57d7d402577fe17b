// Requests of a live class: its code stands in a header, by which a proxy can bring all of a class to
// one replica, and in no log. Both pages ask again and again, so what is lost comes with the next one.

const PATIENCE = 6000; // milliseconds until a line that says nothing counts as broken

// The answer to a message; the error of a refusal has the server's kind as message, and that of a
// line that is broken "lost".
/** @param {import("../app.js").App} app */
export async function askClass(app, path, code, message) {
  const headers = { "Content-Type": "application/json", ...(code && { "X-Ganplay-Class": code }) };
  const asked = { method: "POST", headers, body: JSON.stringify(message), signal: AbortSignal.timeout(PATIENCE) };
  let answer, told;
  try {
    answer = await fetch(`${app.base}/class/${path}`, asked);
    told = await answer.json();
  } catch {
    throw new Error("lost"); // or something between that does not speak for the server
  }
  if (!answer.ok) throw new Error(told.type || "lost");
  return told;
}

// A little sooner or later, so that a class does not ask all at once.
export const about = (milliseconds) => milliseconds * (0.8 + 0.4 * Math.random());

// A random text that nobody can guess; also where the page has no secure origin.
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
