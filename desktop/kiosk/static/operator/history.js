// Sessions, newest first.

import { get, query } from "./api.js";
import { add, button, h } from "./dom.js";
import { moment, named, number, t } from "./i18n.js";
import { dateRange, nothing, pill, reasonWords } from "./widgets.js";

const PAGE = 50;
const MS_PER_FRAME = 40;
const STATES = ["", "allowed", "blocked", "cancelled", "abandoned", "open"];

/** Cursors of the pages before this one, so that the way back is known. Forgotten when the filter changes. */
let trail = { filter: "", cursors: [] };

/** The view. */
export async function history(body, { parameters, signal, go }) {
  const filter = Object.fromEntries(["state", "since", "until"].map((name) => [name, parameters.get(name) ?? ""]));
  const before = parameters.get("before") ?? "";
  remember(JSON.stringify(filter), before);
  const page = await get(query("/api/operator/sessions", { limit: PAGE, before, ...filter }), { signal });
  const range = dateRange(filter.since, filter.until, () => go("history", { state: filter.state, ...range.values() }));
  body.append(h("div", { class: "filters" }, stateFilter(filter, page.counts, go), range.element));
  if (page.summary.decided) body.append(passRate(page.summary));
  body.append(
    page.sessions.length ? table(page.sessions) : h("div", { class: "card empty" }, h("p", {}, t(empty(filter, before)))),
  );
  body.append(pager(filter, before, page.next, go));
}

/** Of the days that are shown. Who left before a verdict counts for neither. */
function passRate({ decided, passed, pass_rate: share }) {
  const said = { share: number(share * 100, 0), passed: number(passed, 0), decided: number(decided, 0) };
  return h("p", { class: "soft", "data-summary": "" }, t("history.pass_rate", said));
}

function remember(filter, before) {
  if (trail.filter !== filter || !before) trail = { filter, cursors: [] };
  const at = trail.cursors.indexOf(before);
  if (at >= 0) trail.cursors.length = at + 1;
  else trail.cursors.push(before);
}

function empty(filter, before) {
  return Object.values(filter).some(Boolean) || before ? "history.none_found" : "history.none_yet";
}

function stateFilter(filter, counts, go) {
  const chips = STATES.map((state) => {
    const chip = button(t(state ? `state.${state}` : "history.all"), () => go("history", { ...filter, state }), {
      kind: "chip",
      "aria-pressed": String(filter.state === state),
      "data-state": state || "all",
    });
    return add(chip, state in counts && h("b", { class: "count" }, number(counts[state], 0)));
  });
  return h("div", { class: "chips", role: "group", "aria-label": t("history.by_state") }, chips);
}

function table(sessions) {
  const heads = [
    ["started", ""],
    ["outcome", ""],
    ["reason", "wide-only"],
    ["attempts", "n mid-only"],
    ["score", "n"],
    ["offset", "n mid-only"],
    ["language", "wide-only"],
    ["reference", "mid-only"],
  ];
  return h(
    "div",
    { class: "card flush" },
    h(
      "table",
      { class: "rows" },
      h("caption", { class: "visually-hidden" }, t("history.caption")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map(([name, style]) => h("th", { scope: "col", class: style }, t(`history.${name}`))),
        ),
      ),
      h("tbody", {}, sessions.map(row)),
    ),
  );
}

function row(session) {
  const reason = session.reason ? reasonWords(session.reason) : null;
  return h(
    "tr",
    { class: "linked" },
    h("th", { scope: "row" }, h("a", { href: `#/session/${encodeURIComponent(session.id)}` }, moment(session.started_at))),
    h("td", {}, pill(session.state, t(`state.${session.state}`)), reason && h("span", { class: "below narrow-only" }, reason)),
    h("td", { class: "wide-only reason" }, reason ?? nothing()),
    h("td", { class: "n mid-only" }, number(session.attempts, 0)),
    h("td", { class: "n" }, session.score === null ? nothing() : number(session.score)),
    h(
      "td",
      { class: "n mid-only" },
      session.offset_frames === null ? nothing() : `${number(session.offset_frames * MS_PER_FRAME, 0, true)} ms`,
    ),
    h("td", { class: "wide-only" }, named("language", session.language)),
    h("td", { class: "mid-only" }, h("code", {}, session.reference)),
  );
}

function pager(filter, before, next, go) {
  const at = trail.cursors.indexOf(before);
  const newer = at > 0 ? trail.cursors[at - 1] : "";
  return h(
    "nav",
    { class: "pager", "aria-label": t("history.pages") },
    button(t("history.newer"), () => go("history", { ...filter, before: newer }), { symbol: "newer", disabled: !before }),
    h("span", { class: "soft" }, t("history.page", { number: number(at + 1, 0) })),
    button(t("history.older"), () => go("history", { ...filter, before: next }), {
      symbol: "older",
      kind: "icon-last",
      disabled: !next,
    }),
  );
}
