// The steps of a visit. Each gives the name of the next one.

import { Problem } from "./api.js";
import { CameraError, microphoneAllowed } from "./camera.js";
import { quiet } from "./idle.js";
import { byId } from "./screens.js";
import { outcome, showVerdict } from "./verdict_view.js";
import { wakePhrase } from "./wake.js";
import { branch, choice, pause } from "./waiting.js";

const LANGUAGE_FORGOTTEN_S = 30;
const PASSED_S = 15;
const BLOCKED_S = 40;
const WAKE_AGAIN_MS = 5000;

/** States of a session that a verdict has ended. Others end without one: somebody left, or began anew elsewhere. */
const DECIDED = ["allowed", "blocked"];

/**
 * @param page what the steps share
 * @param {import("./capture.js").Capture} capture
 */
export function makeSteps(page, capture) {
  const { visit, api, language, screens, idle, station } = page;

  async function welcome(step) {
    visit.end();
    byId("reference").hidden = true;
    screens.show("welcome");
    const { signal, abort } = branch(step);
    forgetLanguage(signal);
    try {
      await Promise.race([choice(signal), wake(signal)]);
    } finally {
      abort();
    }
    return "consent";
  }

  /** Nothing is switched on before the person knows what is recorded, and for how long it is kept. */
  async function consent(signal) {
    const kept = station.keeps_videos ? "consent.kept" : "consent.deleted";
    language.say(byId("consent-kept"), kept, { count: station.retention_days });
    screens.show("consent");
    idle.watch(signal);
    return (await choice(signal)) === "agree" ? "camera" : "welcome";
  }

  /** Back to the station's language when the person who chose another has gone. */
  async function forgetLanguage(signal) {
    while (!signal.aborted) {
      await quiet(LANGUAGE_FORGOTTEN_S, signal, () => {}).catch(() => {});
      if (!signal.aborted && language.code !== station.language) page.useLanguage(station.language);
    }
  }

  /** Until the wake phrase is said; for ever where the station cannot hear it. */
  async function wake(signal) {
    const show = (listening) => ["wake", "wake-privacy"].forEach((id) => (byId(id).hidden = !listening));
    show(false);
    signal.addEventListener("abort", () => show(false), { once: true });
    for (;;) {
      const { code } = language;
      const changed = page.languageChange();
      if (station.voice_start[code] && (await microphoneAllowed())) {
        const one = branch(AbortSignal.any([signal, page.languageChanged()]));
        const done = await wakePhrase(api, code, one.signal, () => show(true)).then(
          () => true,
          () => false,
        );
        one.abort();
        show(false);
        if (done) return;
      }
      signal.throwIfAborted();
      await Promise.race([pause(WAKE_AGAIN_MS, signal), changed]);
    }
  }

  async function camera(signal) {
    screens.show("camera");
    idle.watch(signal);
    await visit.open(signal);
    await visit.enter(language.code, signal);
    language.say(byId("reference"), "reference", { reference: visit.session.reference });
    byId("reference").hidden = false;
    return "capture";
  }

  async function noCamera(signal) {
    visit.close();
    language.say(byId("camera-cause"), `no_camera.${visit.missing}`);
    language.say(byId("camera-advice"), `no_camera.${visit.missing}.advice`);
    screens.show("no_camera");
    idle.watch(signal);
    return (await choice(signal)) === "retry" ? "camera" : "welcome";
  }

  async function sending(signal) {
    visit.close();
    const progress = byId("progress");
    progress.value = 0;
    language.say(byId("sending-words"), "sending.uploading");
    screens.show("sending");
    const { session, recording } = visit;
    visit.recording = null;
    visit.unchecked = false;
    try {
      const judged = await api.attempt(session.id, session.challenge.id, recording, (share) => showProgress(progress, share), signal);
      visit.keep(judged.session);
      visit.attempt = judged.attempt;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Problem)) throw error;
      return await unanswered(error, session, signal);
    }
    return "verdict";
  }

  function showProgress(progress, share) {
    if (share < 1) {
      progress.value = share;
      return;
    }
    progress.removeAttribute("value"); // how long comparing takes, nobody knows
    language.say(byId("sending-words"), "sending.comparing");
  }

  /** An attempt without a verdict. It may have been judged all the same, and only the answer lost. */
  async function unanswered(problem, before, signal) {
    await visit.renew(signal);
    const { session } = visit;
    const state = session?.state ?? "unknown";
    if (state === "cancelled") return "welcome";
    if (DECIDED.includes(state) || (state === "open" && session.attempts_used > before.attempts_used)) {
      visit.attempt = { decision: state === "allowed" ? "ALLOW" : "NEXT", reason: null };
      return "verdict";
    }
    if (state !== "abandoned" && problem.status !== 404 && problem.status !== 409) throw problem;
    visit.unchecked = true;
    return "camera";
  }

  function showProgressEnd() {
    byId("progress").value = 1;
  }

  async function verdict(signal) {
    showProgressEnd();
    const { attempt, session } = visit;
    showVerdict(attempt, session, language);
    screens.show("verdict");
    const kind = outcome(attempt, session);
    if (kind === "next") {
      idle.watch(signal);
      await choice(signal);
      return "camera";
    }
    visit.session = null;
    const seconds = kind === "allow" ? PASSED_S : BLOCKED_S;
    await Promise.race([
      choice(signal),
      quiet(seconds, signal, (count) => language.say(byId("verdict-returns"), "verdict.returns", { count })),
    ]);
    return "welcome";
  }

  async function fault(signal) {
    visit.close();
    language.say(byId("fault-words"), `fault.${faultOf(visit.fault)}`);
    language.say(byId("fault-code"), "fault.code", { code: visit.fault.code ?? visit.fault.name });
    screens.show("fault");
    idle.watch(signal);
    return (await choice(signal)) === "retry" ? "camera" : "welcome";
  }

  return { welcome, consent, camera, no_camera: noCamera, capture: (signal) => capture.step(signal), sending, verdict, fault };
}

/** The step after an error. */
export function failed(error, visit) {
  if (error instanceof CameraError) {
    visit.missing = error.kind;
    return "no_camera";
  }
  if (!(error instanceof Problem)) console.error(error);
  visit.fault = error;
  return "fault";
}

function faultOf({ status, code }) {
  if (status === 0) return "network";
  if (code === "storage_unavailable") return "storage";
  if (code === "timeout") return "too_slow";
  if (status === 429 || status === 503) return "busy";
  return status === 401 || status === 403 ? "closed" : "other";
}
