// What the page knows of the person in front of it. All of it is gone when they leave.

import { closeCamera, openCamera } from "./camera.js";
import { Meter } from "./meter.js";

export class Visit {
  #api;
  #renewAt = 0;

  session = null;
  stream = null;
  meter = null;
  recording = null;
  /** Whether the last recording was let go without a verdict, so that the person reads again. */
  unchecked = false;
  /** The last attempt, as the station told it. */
  attempt = null;
  /** Why the screen of a missing camera is shown. */
  missing = "";
  /** The Problem of the screen of faults. */
  fault = null;

  constructor(api) {
    this.#api = api;
  }

  /** Switch camera and microphone on, where they are not. */
  async open(signal) {
    if (this.stream) return;
    this.stream = await openCamera(signal);
    this.meter = new Meter(this.stream);
  }

  /** Switch them off. */
  close() {
    closeCamera(this.stream);
    this.meter?.close();
    this.stream = null;
    this.meter = null;
  }

  /** Go on with the session where it is open and in this language, else begin one. */
  async enter(language, signal) {
    if (this.session && this.session.language !== language) await this.drop();
    if (this.session) await this.renew(signal);
    if (this.session?.state !== "open") this.keep(await this.#api.start(language, signal));
  }

  /** Ask for the session again: its phrase may be a new one. A session that the station does not know is let go. */
  async renew(signal) {
    try {
      this.keep(await this.#api.session(this.session.id, signal));
    } catch (error) {
      if (error.status !== 404) throw error;
      this.session = null;
    }
  }

  /** Take a session as the station tells it. */
  keep(session) {
    this.session = session;
    this.#renewAt = performance.now() + (session.challenge?.expires_in_seconds ?? 0) * 1000;
  }

  /** For how many more milliseconds the phrase may be answered. */
  get left() {
    return this.#renewAt - performance.now();
  }

  /** Let the session go; the station is told where it is open. */
  async drop() {
    const { session } = this;
    this.session = null;
    if (session?.state === "open") await this.#api.cancel(session.id).catch(() => {}); // else it is found abandoned later
  }

  /** The person has left. */
  end() {
    this.close();
    this.drop();
    Object.assign(this, { recording: null, unchecked: false, attempt: null, missing: "", fault: null });
  }
}
