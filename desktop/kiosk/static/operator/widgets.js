// Pieces that several views use.

import { button, copy, fill, h, icon } from "./dom.js";
import { has, named, number, t } from "./i18n.js";

const TONES = {
  ALLOW: "allow",
  NEXT: "next",
  BLOCK: "block",
  allowed: "allow",
  blocked: "block",
  open: "info",
  cancelled: "none",
  abandoned: "none",
  ok: "allow",
  warn: "next",
  fail: "block",
};

/** Style of a decision, a state or a check. */
export function tone(code) {
  return TONES[code] ?? "none";
}

/** A word on its colour. */
export function pill(code, words) {
  return h("span", { class: `pill ${tone(code)}` }, words);
}

/** What a call's failure means, in words. */
export function explained(error) {
  if (has(`error.${error.code}`)) return t(`error.${error.code}`);
  return error.detail ? `${error.detail} (${error.code})` : t("error.with_code", { code: error.code ?? error.message });
}

/** Show that something could not be had, and offer to try again. */
export function failed(place, error, again) {
  fill(
    place,
    h(
      "div",
      { class: "card warning", role: "alert" },
      h("h2", {}, icon("warn"), t("error.title")),
      h("p", {}, explained(error)),
      button(t("error.again"), again, { symbol: "again" }),
    ),
  );
}

/** How long a recording was computed, also beside its own length. */
export function duration({ processing_time_ms: took, time_factor: factor }) {
  const words = `${number(took, 0)} ms`;
  return factor === null ? words : t("fact.time_factor", { took: words, factor: number(factor, 1) });
}

/** Names with values; entries are [name, value] or null. */
export function facts(entries, kind = "facts") {
  return h(
    "dl",
    { class: kind },
    entries.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** Nothing there, shown as a dash that screen readers pass over. */
export function nothing() {
  return h(
    "span",
    { class: "soft" },
    h("span", { "aria-hidden": "true" }, "–"),
    h("span", { class: "visually-hidden" }, t("word.none")),
  );
}

/** A hash: short to see, whole in the title, with a button that copies it. */
export function hash(value, what) {
  return h(
    "span",
    { class: "hash" },
    h("code", { title: value }, `${value.slice(0, 10)}…${value.slice(-6)}`),
    button("", () => copy(value, t("word.copied"), t("word.not_copied")), {
      kind: "icon-only",
      symbol: "copy",
      "aria-label": t("word.copy", { what }),
    }),
  );
}

/** An offset in frames and milliseconds. */
export function frames(offset) {
  return `${number(offset, 0, true)} (${number(offset * 40, 0, true)} ms)`;
}

/** An offset in plain words. */
export function offsetWords(offset) {
  if (offset === 0) return t("offset.together");
  return t(offset > 0 ? "offset.early" : "offset.late", { ms: number(Math.abs(offset) * 40, 0) });
}

/** Fields for the first and the last day. */
export function dateRange(since, until, onChange) {
  const from = h("input", { type: "date", value: since, max: until, on: { change: changed } });
  const to = h("input", { type: "date", value: until, min: since, on: { change: changed } });

  function changed() {
    from.max = to.value;
    to.min = from.value;
    if (from.checkValidity() && to.checkValidity()) onChange?.();
  }

  const presets = [
    ["today", 0],
    ["week", 6],
    ["month", 29],
  ].map(([name, back]) => button(t(`range.${name}`), () => set(day(back), day(0)), { kind: "small quiet" }));
  const all = button(t("range.all"), () => set("", ""), { kind: "small quiet" });

  function set(first, last) {
    from.value = first;
    to.value = last;
    changed();
  }

  return {
    element: h(
      "fieldset",
      { class: "range" },
      h("legend", {}, t("range.legend")),
      h("label", {}, h("span", {}, t("range.since")), from),
      h("label", {}, h("span", {}, t("range.until")), to),
      h("span", { class: "presets" }, presets, all),
    ),
    values: () => ({ since: from.value, until: to.value }),
    valid: () => from.reportValidity() && to.reportValidity(),
  };
}

function day(back) {
  const at = new Date();
  at.setDate(at.getDate() - back);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** A reason, with what the last attempt itself had where the reason speaks of all. */
export function reasonWords(reason, first = null) {
  const said = named("reason", reason);
  return first ? `${said} ${t("reason.first", { reason: named("reason", first) })}` : said;
}
