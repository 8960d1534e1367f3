// What a verdict looks and sounds like.

import { byId } from "./screens.js";

const ICONS = { allow: "check", next: "again", block: "stop" };

/** allow, next or block. A person passes only where attempt and session agree. */
export function outcome(attempt, session) {
  if (session.state === "open") return "next";
  return session.state === "allowed" && attempt.decision === "ALLOW" ? "allow" : "block";
}

/** Fill the screen. */
export function showVerdict(attempt, session, language) {
  const kind = outcome(attempt, session);
  document.body.dataset.verdict = kind;
  byId("verdict-icon").setAttribute("href", `#icon-${ICONS[kind]}`);
  language.say(byId("verdict-heading"), `verdict.${kind}`);
  sayReason(kind, attempt, language);
  byId("verdict-again").hidden = kind !== "next";
  byId("verdict-end").hidden = kind === "next";
  language.say(byId("verdict-attempts"), kind === "next" ? "attempts" : "", { count: session.attempts_left });
  language.say(byId("verdict-returns"), "");
}

function sayReason(kind, attempt, language) {
  if (kind === "allow") {
    language.say(byId("verdict-reason"), "verdict.allow.reason");
    language.say(byId("verdict-tip"), attempt.phrase_check === "switched_off" ? "verdict.phrase_unchecked" : "");
    return;
  }
  const last = attempt.reason === "attempts_used_up" && attempt.first_reason;
  const cause = last || attempt.reason;
  const reason = known(cause, language);
  if (last) language.say(byId("verdict-reason"), "verdict.last", { reason: () => language.text(reason) });
  else language.say(byId("verdict-reason"), reason);
  language.say(byId("verdict-tip"), kind === "next" ? `${reason}.tip` : "verdict.block.tip");
}

function known(code, language) {
  return code && language.has(`reason.${code}`) ? `reason.${code}` : "reason.other";
}
