// A student's report as a file that the server has signed.

import { begun, claimOf } from "./scores.js";
import { save } from "../shared/files.js";
import { t } from "../shared/i18n.js";
import { ask } from "../shared/request.js";
import { studentName, studentNumber } from "../shared/storage.js";

// A file's name with the student's in it, of letters and digits alone.
export function fileName(name, today) {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${["ganplay", plain, today].filter(Boolean).join("-")}.json`;
}

/** @param {import("./learn.js").Learn} learn */
export async function saveSigned(learn) {
  const done = learn.lessons.map((lesson) => [lesson, learn.learnt.of(lesson.name)]).filter(([, mine]) => begun(mine));
  const body = JSON.stringify({
    student: studentNumber(), name: studentName(), lessons: done.map(([lesson, mine]) => claimOf(lesson, mine)),
  });
  try {
    const answer = await ask(learn.app, "lessons/report", { type: "application/json", body, renew: true });
    save(fileName(studentName(), new Date().toISOString().slice(0, 10)), await answer.text(), "application/json");
  } catch (error) {
    complain(learn.app, error, "learn.signed.failed");
  }
}

// Why the server did not do what was asked; `otherwise` are the words where it did not say.
/** @param {import("../app.js").App} app */
export function complain(app, error, otherwise) {
  if (error.problems) app.complain(error.problems);
  else app.toast(t({ crowded: "limits.crowded", too_many: "limits.too_many", slow: "limits.slow" }[error.message] || otherwise));
}
