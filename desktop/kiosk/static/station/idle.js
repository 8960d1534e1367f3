// Brings the page back to its start when nobody is there any more.

import { every, until } from "./waiting.js";

const QUIET_MS = 60_000;
const ANSWER_MS = 20_000;
const TICK_MS = 250;

/** Call `act` at every touch or key until the signal is aborted. */
export function onActivity(signal, act) {
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, act, { signal, capture: true });
}

export class Idle {
  #dialog;
  #words;
  #language;
  #leave;

  /** @param {() => void} leave called when nobody answers, or the person says they leave */
  constructor(dialog, words, language, leave) {
    this.#dialog = dialog;
    this.#words = words;
    this.#language = language;
    this.#leave = leave;
    dialog.addEventListener("click", (event) => {
      const answer = event.target.closest("button")?.value;
      if (answer) dialog.close(answer);
      if (answer === "leave") leave();
    });
  }

  get asking() {
    return this.#dialog.open;
  }

  /** Ask whether somebody is there after a quiet minute, until the signal is aborted. */
  watch(signal) {
    let quietSince = performance.now();
    onActivity(signal, () => (quietSince = performance.now()));
    signal.addEventListener("abort", () => this.#dialog.close(), { once: true });
    every(TICK_MS, signal, () => {
      const left = quietSince + QUIET_MS + ANSWER_MS - performance.now();
      if (left <= 0) this.#leave();
      else if (left <= ANSWER_MS) this.#ask(left);
      else this.#dialog.close();
    });
  }

  #ask(left) {
    this.#language.say(this.#words, "idle.words", { count: Math.ceil(left / 1000) });
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}

/**
 * Wait until nobody has touched anything for so many seconds.
 * @param {(seconds: number) => void} tell how many are left
 */
export function quiet(seconds, signal, tell) {
  let end = performance.now() + seconds * 1000;
  onActivity(signal, () => (end = performance.now() + seconds * 1000));
  return until(signal, (resolve) => {
    every(TICK_MS, signal, () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) resolve();
      else tell(left);
    });
  });
}
