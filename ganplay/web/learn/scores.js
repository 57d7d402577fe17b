// What a student's work in a lesson is worth, and how the server is told of it. The server works the
// score out again by itself (`ganplay/lessons/grading.py`), in the same way.

const sum = (values) => values.reduce((total, value) => total + Number(value), 0);

// Whether anything was done in a lesson, `mine` being what the browser keeps of it.
export const begun = (mine) => Boolean(mine.answers.length || mine.explained)
  || [mine.runs, mine.tasks, mine.deeds].some((some) => Object.keys(some).length);

// Points, those that are possible, answers that are right, tasks that are solved, and the last step done.
export function scoreOf({ questions, runs, tasks, visit }, mine) {
  const given = mine.answers.slice(0, questions.length);
  const right = sum(given.map((answer, i) => answer === questions[i].right));
  const ran = Object.keys(runs).every((part) => mine.runs[part]);
  const solved = Object.keys(tasks).map((name) => [name, Boolean(mine.tasks[name]?.holds)]);
  const seen = visit ? [["visit", Object.entries(visit.goals).every(([deed, needed]) => (mine.deeds[deed] || 0) >= needed)]] : [];
  const done = [["predict", given.length === questions.length], ["run", ran], ["explain", Boolean(mine.explained)], ...solved, ...seen];
  const later = [...solved, ...seen].map(([, is]) => is);
  return {
    right, questions: questions.length, solved: sum(solved.map(([, is]) => is)), tasks: solved.length,
    points: right + Number(ran) + sum(later), possible: questions.length + 1 + later.length,
    reached: done.findLast(([, is]) => is)?.[0] || "",
  };
}

// A run as the server is told of it.
export const runClaim = ({ seeds, outcomes, changes = {}, receipt = "" }) => ({
  seed: seeds[0], changes, receipt, values: outcomes.map(({ values }) => values), holds: outcomes.map(({ holds }) => holds),
});

// What was done in a lesson as the server is told of it.
export function claimOf(lesson, mine) {
  const claims = (kept, names) => Object.fromEntries(names.filter((name) => kept[name]).map((name) => [name, runClaim(kept[name])]));
  const goals = Object.keys(lesson.visit?.goals || {}).filter((deed) => Number.isFinite(mine.deeds[deed]));
  return {
    lesson: lesson.name, answers: mine.answers, explained: Boolean(mine.explained),
    runs: claims(mine.runs, Object.keys(lesson.runs)), tasks: claims(mine.tasks, Object.keys(lesson.tasks)),
    deeds: Object.fromEntries(goals.map((deed) => [deed, mine.deeds[deed]])), began: mine.began || "", at: mine.at || "",
  };
}
