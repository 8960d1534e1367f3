// One session and its attempts.

import { get } from "./api.js";
import { add, button, fill, h, icon } from "./dom.js";
import { moment, named, number, t } from "./i18n.js";
import { figures } from "./plots.js";
import { duration, facts, frames, nothing, offsetWords, pill, reasonWords, tone } from "./widgets.js";

const FULL = { dateStyle: "medium", timeStyle: "medium" };
const CLOCK = { timeStyle: "medium" };
/** Below this score no shift fits well, and the offset says little. */
const LIKELY = 0.5;

/** The view. */
export async function session(body, { head, rest, signal }) {
  const found = await get(`/api/operator/sessions/${encodeURIComponent(rest[0] ?? "")}`, { signal });
  head.prepend(h("a", { class: "way-back", href: "#/history" }, icon("back"), t("history.title")));
  add(head, pill(found.state, t(`state.${found.state}`)));
  body.append(
    h(
      "section",
      { class: "card", "aria-label": t("session.facts") },
      facts([
        [t("session.started"), moment(found.started_at, FULL)],
        [t("session.ended"), found.ended_at ? moment(found.ended_at, FULL) : nothing()],
        found.ended_at && [
          t("session.took"),
          t("unit.seconds", { value: number((new Date(found.ended_at) - new Date(found.started_at)) / 1000, 0) }),
        ],
        [t("history.language"), named("language", found.language)],
        [t("history.attempts"), number(found.attempts.length, 0)],
        [t("history.reference"), h("code", {}, found.reference)],
        [t("session.id"), h("code", {}, found.id)],
      ]),
    ),
    h("h2", {}, t("session.attempts")),
    found.attempts.length
      ? h("div", { class: "stack" }, found.attempts.map(attempt))
      : h("div", { class: "card empty" }, h("p", {}, t("session.no_attempts"))),
  );
}

function attempt(one) {
  const style = tone(one.decision);
  return h(
    "article",
    { class: `card attempt ${style}`, "aria-label": t("session.attempt", { number: one.number }) },
    h(
      "div",
      { class: "verdict" },
      icon(style),
      h(
        "div",
        {},
        h("h3", {}, t("session.attempt", { number: one.number }), " ", pill(one.decision, t(`decision.${one.decision}`))),
        h("p", { class: "line" }, one.reason ? reasonWords(one.reason, one.first_reason) : t("session.in_sync")),
        h("p", { class: "soft" }, moment(one.at, CLOCK)),
      ),
    ),
    phrase(one),
    one.score === null ? h("p", { class: "soft" }, t("session.not_measured")) : [measured(one), figures(one.plots)],
    one.model &&
      facts(
        [
          [t("fact.model"), one.model],
          [t("fact.device"), one.device],
          [t("fact.time"), duration(one)],
        ],
        "facts small",
      ),
    one.has_video && recording(one),
  );
}

/** The numbers of an attempt, or of a report: both have the same names for them. */
export function measured(one) {
  const meaning = one.score >= LIKELY ? offsetWords(one.offset_frames) : t("offset.unsure");
  return facts(
    [
      [t("fact.score"), [number(one.score), bar(one.score)]],
      [t("fact.offset"), [frames(one.offset_frames), h("span", { class: "note" }, meaning)]],
      [t("fact.confidence"), number(one.confidence)],
      [t("fact.min_dist"), number(one.min_dist)],
    ],
    "figures",
  );
}

function bar(share) {
  const inner = h("i");
  inner.style.width = `${Math.round(share * 100)}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, inner);
}

function phrase(one) {
  const fit = one.heard && aligned(one.digits, one.heard);
  return h(
    "div",
    { class: "phrases" },
    h("div", {}, h("h4", {}, t("session.shown")), digits(one.digits, fit?.first, "missed")),
    h(
      "div",
      {},
      h("h4", {}, t("session.heard")),
      one.heard ? digits(one.heard, fit.second, "wrong") : h("p", { class: "soft" }, t(unheard(one.phrase_check))),
    ),
  );
}

/** Why nobody listened. */
function unheard(check) {
  return ["switched_off", "not_possible"].includes(check) ? `session.phrase_${check}` : "session.nobody_listened";
}

function digits(list, fitting, mark) {
  if (!list.length) return h("p", { class: "soft" }, t("session.heard_nothing"));
  return h(
    "ol",
    { class: "digits" },
    list.map((digit, at) => {
      const alone = fitting && !fitting.has(at);
      return h(
        "li",
        { class: alone ? mark : "" },
        digit,
        alone && h("span", { class: "visually-hidden" }, ` ${t(`session.${mark}`)}`),
      );
    }),
  );
}

/** Places in two lists that belong to the longest run of digits that both have in the same order. */
function aligned(one, other) {
  const lengths = Array.from({ length: one.length + 1 }, () => new Array(other.length + 1).fill(0));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = one[i] === other[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const places = { first: new Set(), second: new Set() };
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) {
      places.first.add(i);
      places.second.add(j);
      i += 1;
      j += 1;
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return places;
}

function recording(one) {
  const place = h("div", { class: "recording" });
  const show = button(
    t("session.show_video"),
    () => {
      const video = h("video", {
        controls: true,
        playsinline: true,
        src: `/api/operator/attempts/${encodeURIComponent(one.id)}/video`,
        "aria-label": t("session.video", { number: one.number }),
      });
      video.addEventListener("error", () => fill(place, h("p", { class: "soft", role: "alert" }, t("session.no_video"))));
      fill(place, video);
      video.focus();
    },
    { symbol: "device" },
  );
  return add(place, show);
}
