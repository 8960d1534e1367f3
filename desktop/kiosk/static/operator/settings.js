// Settings: a form made of what the program tells of each.

import { get } from "./api.js";
import { button, fill, h, notify } from "./dom.js";
import { has, number, t } from "./i18n.js";
import { settingField } from "./settings_field.js";
import { explained, facts, hash } from "./widgets.js";

const GROUPS = {
  decision: ["allow_threshold", "next_threshold", "max_offset_frames", "expected_offset_frames"],
  session: ["max_attempts", "phrase_digits", "phrase_check", "voice_start"],
  data: ["keep_videos", "retention_days"],
};

/** What was changed and not saved yet, by name. Outlives a look at another view. */
const draft = new Map();

/** Leave off what was not saved. */
export function forget() {
  draft.clear();
}

/** The view. */
export async function settings(body, { signal }) {
  show(body, await get("/api/operator/settings", { signal }));
}

function show(body, found) {
  const current = Object.fromEntries(found.settings.map((setting) => [setting.name, setting.value]));
  for (const [name, value] of draft) if (!(name in current) || current[name] === value) draft.delete(name);
  const scale = h("div", { class: "scale-place" });
  const fields = found.settings.map((setting) =>
    settingField(setting, draft.has(setting.name) ? draft.get(setting.name) : setting.value, (value) => {
      if (value === setting.value) draft.delete(setting.name);
      else draft.set(setting.name, value);
      refresh();
    }),
  );
  const byName = Object.fromEntries(fields.map((field) => [field.name, field]));
  const problem = h("p", { class: "problem", role: "alert" });
  const told = h("span", { role: "status" });
  const save = h("button", { type: "submit", class: "button primary" }, t("settings.save"));
  const discard = button(t("settings.discard"), () => {
    draft.clear();
    show(body, found);
  });
  const saveBar = h("div", { class: "save-bar" }, told, h("span", { class: "actions" }, discard, save));
  const form = h("form", { class: "stack", novalidate: true, on: { submit } }, grouped(byName, scale), problem, saveBar);

  function refresh() {
    const count = draft.size;
    saveBar.hidden = count === 0;
    told.textContent = count ? t("settings.changes", { count }) : "";
    problem.textContent = "";
    const value = (name) => (draft.has(name) ? draft.get(name) : current[name]);
    fill(scale, thresholds(value("next_threshold"), value("allow_threshold")));
    byName.next_threshold?.complain(value("next_threshold") > value("allow_threshold") ? t("settings.order") : "");
  }

  async function submit(event) {
    event.preventDefault();
    const wrong = fields.find((field) => !field.valid());
    if (wrong) {
      wrong.focus();
      return;
    }
    save.disabled = true;
    try {
      const answer = await get("/api/operator/settings", { method: "PUT", json: Object.fromEntries(draft) });
      draft.clear();
      notify(t("settings.saved"));
      show(body, answer);
      document.querySelector("h1").focus();
    } catch (error) {
      if (error.code === "operator_only") return;
      save.disabled = false;
      problem.textContent = explained(error);
    }
  }

  fill(body, form, basis(found));
  refresh();
}

function grouped(byName, scale) {
  const known = new Set(Object.values(GROUPS).flat());
  const other = Object.keys(byName).filter((name) => !known.has(name));
  return Object.entries({ ...GROUPS, other }).map(([group, names]) => {
    const there = names.filter((name) => name in byName);
    return (
      there.length > 0 &&
      h(
        "section",
        { class: "card", "aria-labelledby": `group-${group}` },
        h("h2", { id: `group-${group}` }, t(`settings.${group}`)),
        group === "decision" && scale,
        there.map((name) => byName[name].element),
      )
    );
  });
}

/** The scores from 0 to 1, and what each part of them leads to. */
function thresholds(next, allow) {
  if (!(next >= 0 && next <= allow && allow <= 1)) return null;
  const parts = [
    ["block", next],
    ["next", allow - next],
    ["allow", 1 - allow],
  ];
  const zones = parts.map(([style, share]) => {
    const zone = h("span", { class: `zone ${style}` }, share > 0.07 && t(`decision.${style.toUpperCase()}`));
    zone.style.flexGrow = String(share);
    zone.hidden = share <= 0;
    return zone;
  });
  return h(
    "div",
    { class: "scale", "aria-hidden": "true" },
    h("span", {}, number(0, 0)),
    h("div", { class: "zones" }, zones),
    h("span", {}, number(1, 0)),
  );
}

function basis(found) {
  const { origin, ...more } = found.calibration;
  const calibration = facts([
    [t("settings.origin"), has(`origin.${origin}`) ? t(`origin.${origin}`) : origin],
    ...Object.entries(more)
      .filter(([, value]) => value !== null && typeof value !== "object")
      .map(([name, value]) => [t(`field.${name}`), name === "sha256" ? hash(value, t("field.sha256")) : String(value)]),
  ]);
  const network = (one) =>
    facts([
      [t("field.name"), one.name],
      [t("field.version"), one.version],
      [t("field.sha256"), one.sha256 ? hash(one.sha256, t("field.sha256")) : "–"],
    ]);
  return h(
    "section",
    { class: "stack basis", "aria-labelledby": "basis" },
    h("h2", { id: "basis" }, t("settings.basis")),
    h(
      "div",
      { class: "three" },
      h("div", { class: "card" }, h("h3", {}, t("settings.calibration")), calibration),
      h("div", { class: "card" }, h("h3", {}, t("settings.model")), network(found.model)),
      h("div", { class: "card" }, h("h3", {}, t("settings.detector")), network(found.detector)),
    ),
  );
}
