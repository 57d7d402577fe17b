// An object that tells others by name what happens to it; what there is to say is the event's `detail`.

export class Events extends EventTarget {
  /** @param {string} type @param {any} callback for the CustomEvent @param {AddEventListenerOptions} [options] */
  addEventListener(type, callback, options) {
    super.addEventListener(type, callback, options);
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
