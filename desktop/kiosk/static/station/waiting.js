// Waiting that ends at once when its signal is aborted.

/** Settles as `start(resolve, reject)` says; rejects with the signal's reason when that is aborted. */
export function until(signal, start) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const end = () => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    const settle = (how) => (value) => {
      signal.removeEventListener("abort", end);
      how(value);
    };
    start(settle(resolve), settle(reject));
  });
}

/** Wait for some milliseconds. */
export function pause(milliseconds, signal) {
  let timer;
  return until(signal, (resolve) => {
    timer = setTimeout(resolve, milliseconds);
  }).finally(() => clearTimeout(timer));
}

/** Wait until one of the page's `data-action` buttons is pressed; gives its action. */
export function choice(signal) {
  const listening = new AbortController();
  return until(signal, (resolve) => {
    const press = (event) => {
      const action = event.target.closest?.("[data-action]")?.dataset.action;
      if (action) resolve(action);
    };
    document.addEventListener("click", press, { signal: listening.signal });
  }).finally(() => listening.abort());
}

/** Call `tick` now and then every so many milliseconds, until the signal is aborted. */
export function every(milliseconds, signal, tick) {
  if (signal.aborted) return;
  tick();
  const timer = setInterval(tick, milliseconds);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** A signal that is aborted with its parent, or by its own `abort()`. */
export function branch(signal) {
  const own = new AbortController();
  return { signal: AbortSignal.any([signal, own.signal]), abort: () => own.abort(new DOMException("over", "AbortError")) };
}
