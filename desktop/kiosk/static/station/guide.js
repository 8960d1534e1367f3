// Tells by colour, icon and words whether the face is right.

import { inFrame } from "./framing.js";

const STEADY = 2;
const ICONS = { searching: "face", adjust: "adjust", good: "check" };

export class Guide {
  #stage;
  #hint;
  #language;
  #seen = "searching";
  #times = 0;

  /** What is shown: searching, good, or a hint of /api/preview or too_quiet, too_loud. */
  showing = "";

  constructor(stage, hint, language) {
    this.#stage = stage;
    this.#hint = hint;
    this.#language = language;
  }

  /**
   * Take what was seen last; it is shown when it was seen twice, so that nothing flickers.
   * @returns {boolean} whether something new is shown
   */
  take(seen) {
    const name = seen ? (seen.hints.find((hint) => this.#language.has(`hint.${hint}`)) ?? this.#placed(seen.face)) : "searching";
    this.#times = name === this.#seen ? this.#times + 1 : 1;
    this.#seen = name;
    return this.#times >= STEADY && this.show(name);
  }

  /** Nothing is wrong with the picture; it is good where the face stands in the frame, too. */
  #placed(face) {
    const video = this.#stage.querySelector("video");
    const picture = { width: video.videoWidth, height: video.videoHeight };
    const stage = { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
    return !face || inFrame(face, picture, stage) ? "good" : "off_centre";
  }

  /** Show it now. */
  show(name) {
    if (name === this.showing) return false;
    this.showing = name;
    const look = ICONS[name] ? name : "adjust";
    this.#stage.dataset.guide = look;
    this.#hint.querySelector("use").setAttribute("href", `#icon-${ICONS[look]}`);
    this.#language.say(this.#hint.querySelector("span"), `hint.${name}`);
    return true;
  }

  /** The hint in words. */
  words() {
    return this.#language.text(`hint.${this.showing}`);
  }
}
