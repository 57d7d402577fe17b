// What the browser keeps for the page, for good or for this tab. In a frame on another site's page it
// may refuse to, and anywhere its room ends: what is not kept lasts as long as the page.

class Store {
  constructor(kind) {
    this.kind = kind;
  }

  // What `does` gives with the store, whose very name may be refused; else `refused`.
  attempt(does, refused) {
    try {
      return does(globalThis[this.kind]);
    } catch {
      return refused;
    }
  }

  // The text under a name; null if there is none, or none may be read.
  get(name) {
    return this.attempt((store) => store.getItem(name), null);
  }

  // Whether it could be kept.
  set(name, text) {
    return this.attempt((store) => {
      store.setItem(name, text);
      return true;
    }, false);
  }

  remove(name) {
    this.attempt((store) => store.removeItem(name));
  }
}

export const inBrowser = new Store("localStorage"), inTab = new Store("sessionStorage");

// ---- who learns here -------------------------------------------------------------------------------

const NAME = "ganplay.student", NUMBER = "ganplay.student.number", SENT = "ganplay.student.sent";
const here = {}; // what the browser does not keep lasts as long as the page

const known = (name) => inBrowser.get(name) ?? here[name] ?? "";
const know = (name, text) => {
  here[name] = text;
  inBrowser.set(name, text);
};

// The name that a student has given; "" for none. It is kept in this browser and leaves it only in a
// file that the student saves, or where they agree.
export const studentName = () => known(NAME);
export const nameStudent = (name) => know(NAME, name.trim());

// Whether the student agrees that the name goes where the server sends what happens in lessons.
export const namesSent = () => known(SENT) === "yes";
export const sendNames = (yes) => know(SENT, yes ? "yes" : "");

// A random number that stands for this browser's student: 32 hexadecimal digits.
export function studentNumber() {
  if (!/^[0-9a-f]{32}$/.test(known(NUMBER))) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    know(NUMBER, Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return known(NUMBER);
}

export function forgetStudent() {
  for (const name of [NAME, NUMBER, SENT]) {
    delete here[name];
    inBrowser.remove(name);
  }
}
