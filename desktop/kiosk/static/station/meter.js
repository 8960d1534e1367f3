// How loud the microphone is.

const FLOOR_DB = -60;

/** Quietest speech that is heard well, and the peak from which sound is distorted: decibels of full scale. */
export const SPEECH_DB = -42;
const SILENCE_DB = -52;
const CLIPPED_DB = -0.5;

export class Meter {
  #context;
  #analyser;
  #samples;

  constructor(stream) {
    this.#context = new AudioContext();
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 2048 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    this.#context.resume().catch(() => {});
  }

  /**
   * The last 40 ms or so.
   * @returns {{level: number, words: "off" | "silent" | "quiet" | "good" | "loud"}} level: 0 to 1, the decibels from -60 to 0
   */
  read() {
    if (this.#context.state !== "running") return { level: 0, words: "off" };
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let power = 0;
    let peak = 0;
    for (const sample of this.#samples) {
      power += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    const loudness = decibels(Math.sqrt(power / this.#samples.length));
    return { level: Math.min(1, Math.max(0, 1 - loudness / FLOOR_DB)), words: named(loudness, decibels(peak)) };
  }

  close() {
    this.#context.close().catch(() => {});
  }
}

function named(loudness, peak) {
  if (peak > CLIPPED_DB) return "loud";
  if (loudness < SILENCE_DB) return "silent";
  return loudness < SPEECH_DB ? "quiet" : "good";
}

function decibels(amplitude) {
  return 20 * Math.log10(Math.max(amplitude, 1e-6));
}
