// The audit log: whether it is whole, and what it says.

import { get, query } from "./api.js";
import { button, copy, download, h, icon } from "./dom.js";
import { moment, named, number, t } from "./i18n.js";
import { hash } from "./widgets.js";

const STEP = 100;
/** More entries than these the program does not give at once. */
const MOST = 1000;

/** The view. `limit` in the address tells how many of the newest entries are shown. */
export async function audit(body, { parameters, signal, go }) {
  const limit = Math.min(MOST, Number.parseInt(parameters.get("limit") ?? "", 10) || STEP);
  const log = await get(query("/api/operator/audit", { limit }), { signal });
  const entries = [...log.entries].sort((one, other) => other.sequence - one.sequence);
  body.append(banner(log), actions(log));
  if (entries.length) body.append(table(entries, log.broken_at));
  if (entries.length < log.count) {
    body.append(
      h(
        "div",
        { class: "pager" },
        h("span", { class: "soft" }, t("audit.part", { shown: number(entries.length, 0), all: number(log.count, 0) })),
        limit < MOST && button(t("audit.more"), () => go("audit", { limit: limit + 3 * STEP })),
      ),
    );
  }
}

function banner(log) {
  const state = log.intact ? "allow" : "block";
  return h(
    "section",
    { class: `card attempt ${state}`, "aria-label": t("audit.state") },
    h(
      "div",
      { class: "verdict" },
      icon(log.intact ? "audit" : "broken"),
      h(
        "div",
        {},
        h(
          "h2",
          {},
          t(log.intact ? "audit.intact" : log.broken_at === null ? "audit.altered" : "audit.broken", { sequence: log.broken_at }),
        ),
        log.intact && h("p", { class: "line" }, t("audit.intact_means", { count: log.count })),
        log.broken_at !== null && h("p", { class: "line" }, t("audit.broken_means")),
        altered(log.altered),
        log.head && h("p", { class: "head-hash" }, h("span", { class: "soft" }, t("audit.head")), " ", h("code", {}, log.head)),
        h("p", { class: "soft" }, t("audit.keep")),
      ),
    ),
  );
}

function altered(names) {
  return (
    names.length > 0 && [
      h("p", { class: "line" }, t("audit.altered_means", { count: names.length })),
      h(
        "ul",
        {},
        names.map((name) => h("li", {}, h("code", {}, name))),
      ),
    ]
  );
}

function actions(log) {
  return h(
    "div",
    { class: "actions" },
    log.head && button(t("audit.copy_head"), () => copy(log.head, t("word.copied"), t("word.not_copied")), { symbol: "copy" }),
    button(t("audit.export"), () => save(log), { symbol: "export" }),
  );
}

function save(log) {
  const name = `lipgate-audit-${new Date().toISOString().slice(0, 10)}.json`;
  download(new Blob([`${JSON.stringify(log, null, 2)}\n`], { type: "application/json" }), name);
}

function table(entries, brokenAt) {
  return h(
    "div",
    { class: "card flush" },
    h(
      "table",
      { class: "rows tall" },
      h("caption", { class: "visually-hidden" }, t("audit.caption")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col", class: "n" }, t("audit.sequence")),
          h("th", { scope: "col" }, t("audit.event")),
          h("th", { scope: "col", class: "mid-only" }, t("audit.at")),
          h("th", { scope: "col", class: "wide-only" }, t("audit.hash")),
        ),
      ),
      h(
        "tbody",
        {},
        entries.map((entry) => row(entry, brokenAt)),
      ),
    ),
  );
}

function row(entry, brokenAt) {
  const broken = entry.sequence === brokenAt;
  return h(
    "tr",
    { class: broken ? "broken" : "" },
    h("th", { scope: "row", class: "n" }, number(entry.sequence, 0)),
    h(
      "td",
      {},
      h("b", {}, named("event", entry.event)),
      broken && h("span", { class: "pill block" }, t("audit.here")),
      h("span", { class: "below tiny-only" }, moment(entry.at)),
      detail(entry.detail),
    ),
    h("td", { class: "mid-only keep" }, moment(entry.at, { dateStyle: "medium", timeStyle: "medium" })),
    h("td", { class: "wide-only" }, hash(entry.hash, t("audit.hash_of", { sequence: entry.sequence }))),
  );
}

/** Names in the order in which they are read; others follow. */
const FIRST = ["session", "number", "language", "state", "decision", "reason", "score", "offset_frames", "model"];

function detail(values) {
  const place = ([name]) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const entries = Object.entries(values ?? {})
    .filter(([, value]) => value !== null)
    .sort((one, other) => place(one) - place(other));
  if (!entries.length) return null;
  return h(
    "dl",
    { class: "detail" },
    entries.map(([name, value]) => h("div", {}, h("dt", {}, named("field", name)), h("dd", {}, shown(name, value)))),
  );
}

function changed(value) {
  if (typeof value === "boolean") return t(value ? "word.on" : "word.off");
  return number(value, Number.isInteger(value) ? 0 : 2);
}

function shown(name, value) {
  if (name === "session") return h("a", { href: `#/session/${encodeURIComponent(value)}` }, `${String(value).slice(0, 8)}…`);
  if (name === "reason" || name === "first_reason") return named("reason", value);
  if (name === "state") return named("state", value);
  if (name === "decision") return named("decision", value);
  if (name === "phrase_check") return named("phrase", value);
  if (name === "language") return named("language", value);
  if (name === "model" && value.name) return `${value.name} ${value.version}`;
  if (name === "changed")
    return Object.entries(value)
      .map(([setting, to]) => `${named("setting", setting)}: ${changed(to)}`)
      .join("; ");
  if (name === "score") return number(value);
  if (typeof value === "number") return number(value, Number.isInteger(value) ? 0 : 2, name === "offset_frames");
  if (typeof value === "object") return h("code", {}, JSON.stringify(value));
  return /^[0-9a-f]{32,64}$/.test(value) ? h("code", { title: value }, `${value.slice(0, 8)}…`) : String(value);
}
