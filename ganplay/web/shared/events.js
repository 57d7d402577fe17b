// An object that tells others by name what happens to it; what there is to say is the event's `detail`.

export class Events extends EventTarget {
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
