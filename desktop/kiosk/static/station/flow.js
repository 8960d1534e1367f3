// The state machine: one step at a time, each an async function that gives the name of the next one.

/** Why a running step ended before its time. */
class Turn extends Error {
  constructor(step) {
    super(`on to ${step}`);
    this.step = step;
  }
}

export class Flow {
  #steps;
  #fail;
  #running = null;

  /** The step that is running. */
  at = "";

  /**
   * @param {Record<string, (signal: AbortSignal) => Promise<string>>} steps the signal is aborted when the step is over, however
   *   it ends, so what was started with it need not be stopped
   * @param {(error: Error) => string} fail the step that follows an error
   */
  constructor(steps, fail) {
    this.#steps = steps;
    this.#fail = fail;
  }

  /** Run from a step on, for ever. */
  async run(first) {
    for (let next = first; ; ) {
      const controller = new AbortController();
      this.#running = controller;
      this.at = next;
      try {
        next = await this.#steps[next](controller.signal);
      } catch (error) {
        const turn = controller.signal.reason;
        next = turn instanceof Turn ? turn.step : this.#fail(error);
      }
      controller.abort();
    }
  }

  /** Leave the running step for another. */
  go(step) {
    this.#running.abort(new Turn(step));
  }
}
