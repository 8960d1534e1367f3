// Tells screen readers what changes while nothing takes the focus: seldom, and nothing twice.

const APART_MS = 4000;
const SETTLED_MS = 1200;

export class Announcer {
  #element;
  #timer = 0;
  #last = "";
  #free = 0;

  constructor(element) {
    this.#element = element;
  }

  /** Say it once it has stood for a while; something newer takes its place. */
  say(text) {
    clearTimeout(this.#timer);
    if (text === this.#last) return;
    this.#timer = setTimeout(() => this.now(text), Math.max(SETTLED_MS, this.#free - performance.now()));
  }

  /** Say it now. */
  now(text) {
    clearTimeout(this.#timer);
    this.#last = text;
    this.#free = performance.now() + APART_MS;
    this.#element.textContent = text;
  }

  /** Say nothing more: while a voice is recorded, the station must not speak into it. */
  hush() {
    clearTimeout(this.#timer);
    this.#last = "";
    this.#element.textContent = "";
  }
}
