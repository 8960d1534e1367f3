// Shows the meter, and finds out what to say about loudness while a person reads.

import { byId } from "./screens.js";
import { every } from "./waiting.js";

const TICK_MS = 60;
const WORDS_TICKS = 8;
const LATE_MS = 2500;
const LOUD_TICKS = 3;
const HOLD_MS = 1500;

/** Show the level of the microphone until the signal is aborted. */
export function showMeter(meter, language, signal, heed = () => {}) {
  const bar = byId("meter");
  const fill = bar.querySelector(".fill");
  let tick = 0;
  let level = 0;
  let loudest = "off";
  every(TICK_MS, signal, () => {
    const now = meter.read();
    heed(now.words);
    level = Math.max(now.level, level * 0.85); // falls slowly, so that eyes can follow
    fill.style.transform = `scaleX(${level.toFixed(3)})`;
    loudest = RANK.indexOf(now.words) > RANK.indexOf(loudest) ? now.words : loudest;
    if (tick++ % WORDS_TICKS) return;
    bar.dataset.words = loudest;
    bar.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    bar.setAttribute("aria-valuetext", language.text(`meter.${loudest}`));
    language.say(byId("meter-words"), `meter.${loudest}`);
    loudest = "off";
  });
}

const RANK = ["off", "silent", "quiet", "good", "loud"];

/** Follows the loudness of one reading. */
export class Listener {
  #begun = performance.now();
  #lastVoice = this.#begun;
  #heard = false;
  #loudTicks = 0;
  #hint = "";
  #hintUntil = 0;
  #measured = false;

  /** Take what the meter says now. */
  heed(words) {
    const now = performance.now();
    this.#measured ||= words !== "off";
    this.#heard ||= words === "good" || words === "loud";
    if (words !== "silent") this.#lastVoice = now;
    this.#loudTicks = words === "loud" ? this.#loudTicks + 1 : 0;
    if (this.#loudTicks >= LOUD_TICKS) this.#say("too_loud", now);
    else if (this.#measured && !this.#heard && now - this.#begun > LATE_MS) this.#say("too_quiet", now);
  }

  /** too_quiet, too_loud, or nothing. */
  get hint() {
    return performance.now() < this.#hintUntil ? this.#hint : "";
  }

  /** For how many milliseconds it has been silent; 0 where nothing can be measured. */
  get silence() {
    return this.#measured ? performance.now() - this.#lastVoice : 0;
  }

  #say(hint, now) {
    this.#hint = hint;
    this.#hintUntil = now + HOLD_MS;
  }
}
