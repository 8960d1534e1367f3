// Calls to the station's program.

/** What went wrong with a call: the program's stable code, or `unreachable` where it did not answer. */
export class ApiError extends Error {
  constructor(status, code, detail, retryAfter = null) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    /** Seconds, where the program told. */
    this.retryAfter = retryAfter;
  }
}

let onLockedOut = () => {};
let onUse = () => {};

/** Be told when the program no longer knows the operator, and of every call that it answered. */
export function watch({ lockedOut, used }) {
  onLockedOut = lockedOut;
  onUse = used;
}

async function failure(answer) {
  const problem = await answer.json().catch(() => ({}));
  const wait = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return new ApiError(answer.status, problem.code ?? "unexpected", problem.detail ?? "", Number.isNaN(wait) ? null : wait);
}

/**
 * Call and get the answer as it is.
 * @param {string} path
 * @param {{method?: string, json?: unknown, body?: Blob, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>}
 * @throws {ApiError}
 */
export async function call(path, { method = "GET", json, body, signal } = {}) {
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  if (body?.type) headers["Content-Type"] = body.type.split(";")[0];
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: json === undefined ? body : JSON.stringify(json),
      signal,
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "");
  }
  if (!answer.ok) {
    const error = await failure(answer);
    if (error.code === "operator_only") onLockedOut();
    throw error;
  }
  onUse();
  return answer;
}

/** Call and read the JSON of the answer. */
export async function get(path, options) {
  return (await call(path, options)).json();
}

/** A path with those parameters that have a value. */
export function query(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
