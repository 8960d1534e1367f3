// What the page asks of the station. Every answer that is not a success becomes a Problem.

const PATIENCE_MS = 10_000;
const UPLOAD_PATIENCE_MS = 120_000;

/** A refusal or a fault; `status` is 0 where nothing answered. */
export class Problem extends Error {
  constructor(status, code, detail = "") {
    super(detail || code);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  station() {
    return this.#json("GET", "/api/station");
  }

  start(language, signal) {
    const body = JSON.stringify({ language });
    return this.#json("POST", "/api/sessions", { body, signal, headers: { "Content-Type": "application/json" } });
  }

  session(id, signal) {
    return this.#json("GET", `/api/sessions/${id}`, { signal });
  }

  /** End a session. Goes out even while the page is closed. */
  cancel(id) {
    return this.#json("DELETE", `/api/sessions/${id}`, { keepalive: true });
  }

  /** What the station sees in a picture. */
  preview(jpeg, signal) {
    return this.#json("POST", "/api/preview", { body: jpeg, signal, headers: { "Content-Type": "image/jpeg" } });
  }

  /** Whether a quarter of a second of sound completes the wake phrase. */
  listen(language, samples, signal) {
    return this.#json("POST", `/api/listen?language=${language}`, {
      body: samples,
      signal,
      headers: { "Content-Type": "audio/L16" },
    });
  }

  /**
   * Have a recording judged.
   * @param {(share: number) => void} progress of the upload, 0 to 1
   */
  attempt(session, challenge, recording, progress, signal) {
    const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    request.open("POST", `/api/sessions/${session}/attempts?challenge=${encodeURIComponent(challenge)}`);
    request.setRequestHeader("Content-Type", recording.type.split(";")[0]);
    request.responseType = "text";
    request.timeout = UPLOAD_PATIENCE_MS;
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.upload.onload = () => progress(1);
    const answer = new Promise((resolve, reject) => {
      request.onload = () => {
        const document = parsed(request.responseText);
        if (request.status === 201 && document) resolve(document);
        else reject(problem(request.status, document));
      };
      request.onerror = () => reject(new Problem(0, "no_answer"));
      request.ontimeout = () => reject(new Problem(0, "no_answer_in_time"));
      request.onabort = () => reject(signal.reason);
    });
    signal.throwIfAborted();
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(recording);
    return answer;
  }

  async #json(method, path, { signal, ...options } = {}) {
    const signals = [AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])];
    let answer;
    let text;
    try {
      answer = await fetch(path, { method, signal: AbortSignal.any(signals), ...options });
      text = await answer.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw new Problem(0, error.name === "TimeoutError" ? "no_answer_in_time" : "no_answer");
    }
    const document = parsed(text);
    if (!answer.ok) throw problem(answer.status, document);
    if (!document && answer.status !== 204) throw new Problem(answer.status, "bad_answer");
    return document;
  }
}

function problem(status, document) {
  return new Problem(status, document?.code ?? "unknown", document?.detail);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
