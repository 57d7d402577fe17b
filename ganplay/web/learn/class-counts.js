// What a class has answered and how far it is, counted from the records of its students.

// Of one lesson: by question how often each option was chosen before the run, how many answered so
// and how many later; by step how many have reached it; by part how many have done it.
export function countsOf(records, lesson, steps) {
  const states = records.map(({ lessons }) => lessons[lesson.name]).filter(Boolean);
  const questions = lesson.questions.map(({ answers }, place) => {
    const given = states.filter((state) => state.answers.length > place);
    const before = given.filter((state) => !state.late.includes(place));
    const counts = answers.map((_, option) => before.filter((state) => state.answers[place] === option).length);
    return { counts, answered: before.length, late: given.length - before.length };
  });
  const reached = steps.map((_, k) => states.filter((state) => steps.indexOf(state.reached) >= k).length);
  const done = (part) => states.filter((state) => state.done.includes(part)).length;
  return { opened: states.length, questions, reached, done };
}

// Options by letter: A, B, C.
export const letter = (option) => String.fromCharCode(65 + option);

// What the lecturer's page knows of a class, put together from answers that tell what has changed.
export class ClassRecords {
  constructor() {
    this.clear();
  }

  clear() {
    this.records = new Map(); // by tag, in the order in which they came
    this.numbers = new Map(); // by tag: what a student without a name is called
    this.here = {};
    this.epoch = "";
    this.version = 0;
  }

  // Take an answer. Where the server has begun the class anew, that is: what is to be brought back
  // to it; else null.
  take({ epoch, version, here, students }) {
    const anew = this.epoch && epoch !== this.epoch;
    for (const [tag, record] of Object.entries(students)) {
      this.records.set(tag, record);
      if (!this.numbers.has(tag)) this.numbers.set(tag, this.numbers.size + 1);
    }
    Object.assign(this, { epoch, here, version: anew ? 0 : version });
    if (anew && this.records.size) return Object.fromEntries(this.records);
    for (const tag of this.records.keys()) if (!(tag in here)) this.records.delete(tag);
    return null;
  }

  get present() {
    return Object.values(this.here).filter(Boolean).length;
  }

  get lost() {
    return this.records.size - this.present;
  }
}
