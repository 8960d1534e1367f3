// One reading: the phrase with a live picture, the countdown, the recording. One screen, so that nothing jumps.

import { watchCamera } from "./camera.js";
import { Guide } from "./guide.js";
import { watch } from "./preview.js";
import { Recorder } from "./recorder.js";
import { byId, showPhrase, spoken } from "./screens.js";
import { Listener, showMeter } from "./sound_view.js";
import { branch, choice, every, pause, until } from "./waiting.js";

const LOOK_MS = 330;
const LOOK_WHILE_RECORDING_MS = 700;
const SHORTEST_MS = 2500;
const USUAL_MS = 8000;
const FALLS_SILENT_MS = 900;
const TICK_MS = 50;
const ASK_AGAIN_MS = 1000;
const PRESS_HOLDS_MS = 2500;

/** With these a recording cannot be judged, so the person is asked once whether they mean it. */
const HOPELESS = ["no_face", "two_faces"];

export class Capture {
  #page;
  #guide;

  /** @param page what the steps share: visit, api, language, screens, announcer, idle, station, and `lost()` for a camera gone */
  constructor(page) {
    this.#page = page;
    this.#guide = new Guide(byId("stage"), byId("hint"), page.language);
  }

  /** Run it; the recording is left with the visit. */
  async step(signal) {
    const { visit, language, screens, announcer, lost } = this.#page;
    this.#phase("ready");
    this.#showSession();
    this.#guide.show("searching");
    byId("preview").srcObject = visit.stream;
    signal.addEventListener("abort", () => (byId("preview").srcObject = null), { once: true });
    watchCamera(visit.stream, signal, lost);
    screens.show("capture");
    if (visit.unchecked) announcer.now(language.text(this.#lead));
    await this.#ready(signal);
    await this.#countdown(signal);
    visit.recording = await this.#record(signal);
    return "sending";
  }

  /** Until the person says they are ready. */
  async #ready(step) {
    const { visit, language, announcer, idle } = this.#page;
    const { signal, abort } = branch(step);
    idle.watch(signal);
    showMeter(visit.meter, language, signal);
    this.#look(LOOK_MS, signal, () => {
      this.#ask(false);
      announcer.say(this.#guide.words());
    });
    try {
      while (await this.#waitForReady(signal));
    } finally {
      abort();
    }
  }

  /** Whether there is more to wait for: the phrase was renewed, or the person must be asked whether they mean it. */
  async #waitForReady(signal) {
    const { visit } = this.#page;
    const waiting = branch(signal);
    try {
      const pressed = await Promise.race([choice(waiting.signal), pause(Math.max(ASK_AGAIN_MS, visit.left), waiting.signal)]);
      if (!pressed) {
        await this.#renew(signal);
        return true;
      }
    } finally {
      waiting.abort();
    }
    if (this.#hopeless && !this.#asked) {
      this.#ask(true);
      if (!(await this.#settled(signal))) return true;
    }
    return visit.left < this.#longest && (await this.#renew(signal));
  }

  /** Whether the picture is better a moment after the button was pressed, or it is pressed again: no press is for nothing. */
  async #settled(signal) {
    const waiting = branch(signal);
    const better = until(waiting.signal, (resolve) => every(TICK_MS, waiting.signal, () => this.#hopeless || resolve(true)));
    try {
      return await Promise.race([choice(waiting.signal), better, pause(PRESS_HOLDS_MS, waiting.signal)]);
    } finally {
      waiting.abort();
    }
  }

  get #hopeless() {
    return HOPELESS.includes(this.#guide.showing);
  }

  /** How long a reading can take, countdown included, in milliseconds. */
  get #longest() {
    const { countdown_seconds, longest_recording_seconds } = this.#page.station;
    return (countdown_seconds + longest_recording_seconds + 1) * 1000;
  }

  /** Get a fresh phrase where the station gives one. */
  async #renew(signal) {
    const { visit, language, announcer } = this.#page;
    const before = visit.session.challenge.id;
    await visit.enter(language.code, signal);
    this.#showSession();
    if (visit.session.challenge.id === before) return false;
    announcer.now(language.text("capture.new_digits", { digits: spoken(visit.session.challenge.digits, language) }));
    return true;
  }

  async #countdown(step) {
    const { visit, language, announcer, station } = this.#page;
    const { signal, abort } = branch(step);
    this.#phase("countdown");
    announcer.now(language.text("capture.getting_ready", { count: station.countdown_seconds }));
    showMeter(visit.meter, language, signal);
    this.#look(LOOK_MS, signal);
    const number = byId("countdown");
    try {
      number.hidden = false;
      for (let count = station.countdown_seconds; count > 0; count--) {
        number.textContent = String(count);
        await pause(1000, signal);
      }
    } finally {
      number.hidden = true;
      announcer.hush();
      abort();
    }
  }

  async #record(step) {
    const { visit, language } = this.#page;
    const { signal, abort } = branch(step);
    const recorder = new Recorder(visit.stream);
    const listener = new Listener();
    this.#phase("recording");
    byId("capture-button").focus({ preventScroll: true });
    showMeter(visit.meter, language, signal, (words) => {
      listener.heed(words);
      if (listener.hint) this.#guide.show(listener.hint);
    });
    this.#look(LOOK_WHILE_RECORDING_MS, signal, () => {}, () => !listener.hint);
    try {
      await this.#enough(listener, signal);
      return await recorder.stop();
    } catch (error) {
      recorder.discard();
      throw error;
    } finally {
      abort();
    }
  }

  /** Until the person has finished, has fallen silent after the usual time, or the longest time is over. */
  async #enough(listener, signal) {
    const { language, station } = this.#page;
    const longest = station.longest_recording_seconds * 1000;
    const begun = performance.now();
    let finished = false;
    choice(signal).then(
      () => {
        finished = true;
        this.#button("capture.finishing", "done", true);
      },
      () => {},
    );
    const fill = byId("time").querySelector(".fill");
    every(TICK_MS, signal, () => {
      const left = Math.max(0, longest - (performance.now() - begun));
      fill.style.transform = `scaleX(${(left / longest).toFixed(3)})`;
      language.say(byId("time-left"), "capture.seconds", { count: Math.ceil(left / 1000) });
    });
    for (;;) {
      await pause(TICK_MS, signal);
      const passed = performance.now() - begun;
      if (passed >= longest || (finished && passed >= SHORTEST_MS)) return;
      if (passed >= Math.min(USUAL_MS, longest) && listener.silence >= FALLS_SILENT_MS) return;
    }
  }

  /** Look at the person until the signal is aborted. */
  #look(interval, signal, news = () => {}, may = () => true) {
    const { api, visit } = this.#page;
    watch(visit.stream, api, interval, signal, (seen) => {
      if (may() && this.#guide.take(seen)) news();
    });
  }

  #asked = false;

  /** Ask whether to start although nothing can come of it, or take the question back. */
  #ask(asked) {
    const { language, announcer } = this.#page;
    if (asked === this.#asked) return;
    this.#asked = asked;
    const hint = this.#guide.showing;
    const params = { hint: () => language.text(`hint.${hint}`) };
    language.say(byId("capture-lead"), asked ? "capture.face_first" : this.#lead, params);
    this.#button(asked ? "capture.begin_anyway" : "capture.begin", "begin");
    if (asked) announcer.now(language.text("capture.face_first", params));
  }

  /** What to do, for who is about to read. */
  get #lead() {
    return this.#page.visit.unchecked ? "capture.lead.anew" : "capture.lead";
  }

  #showSession() {
    const { visit, language } = this.#page;
    showPhrase(visit.session.challenge.digits, language);
    language.say(byId("attempts-left"), "attempts", { count: visit.session.attempts_left });
  }

  #phase(phase) {
    const { language, screens } = this.#page;
    document.body.dataset.phase = phase;
    byId("live").hidden = phase !== "recording";
    byId("time").toggleAttribute("data-idle", phase !== "recording");
    byId("countdown").hidden = phase !== "countdown";
    const key = { ready: "capture.heading", countdown: "capture.countdown", recording: "capture.reading" }[phase];
    const lead = { ready: this.#lead, countdown: "capture.countdown.lead", recording: "capture.reading.lead" }[phase];
    language.say(byId("capture-heading"), key);
    language.say(byId("capture-lead"), lead);
    screens.title(byId("capture-heading"));
    if (phase !== "ready") byId("digits").scrollIntoView(); // on a low screen they are out of sight, and the picture below them too
    this.#asked = false;
    if (phase === "ready") this.#button("capture.begin", "begin");
    if (phase === "countdown") this.#button("capture.countdown", "wait", true);
    if (phase === "recording") this.#button("capture.done", "done");
  }

  /** The one button; it is never taken away, so that it keeps the focus. */
  #button(key, action, waiting = false) {
    const button = byId("capture-button");
    this.#page.language.say(button, key);
    button.dataset.action = action;
    button.setAttribute("aria-disabled", String(waiting));
  }
}
