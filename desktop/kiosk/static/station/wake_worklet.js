// Cuts the microphone's sound into quarters of a second of int16 samples. Runs beside the page, on the audio thread.

const SAMPLES = 4000;

class QuarterSeconds extends AudioWorkletProcessor {
  #piece = new Int16Array(SAMPLES);
  #filled = 0;

  process([[sound]]) {
    for (const sample of sound ?? []) {
      this.#piece[this.#filled++] = Math.round(Math.min(1, Math.max(-1, sample)) * 32767);
      if (this.#filled < SAMPLES) continue;
      this.port.postMessage(this.#piece.buffer, [this.#piece.buffer]);
      this.#piece = new Int16Array(SAMPLES);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("quarter-seconds", QuarterSeconds);
