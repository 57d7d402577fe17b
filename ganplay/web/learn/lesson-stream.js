// A run of a lesson as the server tells it.

import { ask } from "../shared/request.js";
import { read, splitPieces } from "../shared/wire.js";

// Ask for a run; `callback` is told each piece. The error of a refusal has its kind as message, and
// `problems` where a setting was refused. A page that the server no longer knows asks once more.
/** @param {import("../app.js").App} app */
export async function follow(app, asked, callback, signal) {
  const answer = await ask(app, "lessons/run", { type: "application/json", body: JSON.stringify(asked), signal, renew: true });
  let last = null;
  for await (last of read(answer, splitPieces)) callback(last);
  if (!last || last.type !== "done") throw new Error("failed");
  return last;
}
