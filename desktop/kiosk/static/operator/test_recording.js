// A test recording of the operator: what the program makes of it, and the delay that this equipment has of its own.

import { get } from "./api.js";
import { record } from "./camera.js";
import { button, fill, h, icon, notify } from "./dom.js";
import { bytes, named, number, t } from "./i18n.js";
import { figures } from "./plots.js";
import { measured } from "./session.js";
import { duration, explained, facts, frames, pill, tone } from "./widgets.js";

const SECONDS = 6;
/** Offsets of recordings with a lower score mean nothing. */
const SURE = 0.5;

/** The part of the page. Offsets of one visit are collected, as one recording may be off by a frame. */
export function testRecording(stream, { signal }) {
  const offsets = [];
  const left = h("span", { role: "timer", class: "left" });
  const progress = h("progress", { max: SECONDS, value: 0, "aria-label": t("test.recording"), hidden: true });
  const said = h("p", { role: "status", class: "soft" });
  const result = h("div", { class: "stack" });
  const go = button(t("test.start", { seconds: SECONDS }), run, { kind: "primary", symbol: "record" });
  const element = h(
    "section",
    { class: "stack", "aria-labelledby": "test" },
    h("h2", { id: "test" }, t("test.title")),
    h(
      "div",
      { class: "card" },
      h("p", {}, t("test.how")),
      h("p", { class: "read-aloud" }, t("test.read")),
      h("div", { class: "actions" }, go, progress, left),
      said,
    ),
    result,
  );

  async function run() {
    go.disabled = true;
    progress.hidden = false;
    fill(result);
    said.textContent = t("test.speak");
    try {
      const clip = await record(
        stream,
        SECONDS,
        (seconds) => {
          progress.value = SECONDS - seconds;
          left.textContent = t("unit.seconds", { value: number(seconds, 0) });
        },
        signal,
      );
      said.textContent = t("test.judging", { size: bytes(clip.size) });
      const answer = await get("/api/operator/recording", { method: "POST", body: clip, signal });
      said.textContent = "";
      await show(answer);
    } catch (error) {
      if (error.name === "AbortError" || error.code === "operator_only") return;
      said.textContent = "";
      fill(
        result,
        h(
          "div",
          { class: "card warning", role: "alert" },
          h("h3", {}, icon("warn"), t("test.failed")),
          h("p", {}, explained(error)),
        ),
      );
    } finally {
      go.disabled = false;
      progress.hidden = true;
      left.textContent = "";
    }
  }

  async function show({ report, plots }) {
    const usable = report.score !== null && report.score >= SURE;
    if (usable) offsets.push(report.offset_frames);
    const title = h("h3", { tabindex: "-1" }, t("test.result"), " ", pill(report.decision, t(`decision.${report.decision}`)));
    const { video } = report;
    fill(
      result,
      h(
        "article",
        { class: `card attempt ${tone(report.decision)}` },
        h(
          "div",
          { class: "verdict" },
          icon(tone(report.decision)),
          h("div", {}, title, h("p", { class: "line" }, outcome(report))),
        ),
        report.too_slow && h("p", { class: "problem" }, t("test.too_slow")),
        report.score !== null && [measured(report), figures(plots)],
        facts(
          [
            [
              t("test.video"),
              `${video.width} × ${video.height}, ${t("device.fps", { fps: number(video.fps, 1) })}, ${t("unit.seconds", { value: number(video.duration_s, 1) })}`,
            ],
            [t("fact.model"), `${report.model.name} ${report.model.version}`],
            [t("fact.device"), report.device],
            [t("fact.time"), duration(report)],
          ],
          "facts small",
        ),
      ),
      await suggestion(usable),
    );
    title.focus();
  }

  async function suggestion(usable) {
    if (!usable) return h("div", { class: "card" }, h("h3", {}, t("test.delay")), h("p", {}, t("test.no_delay")));
    const { settings } = await get("/api/operator/settings", { signal });
    const current = settings.find((setting) => setting.name === "expected_offset_frames")?.value ?? 0;
    const wanted = median(offsets);
    const card = h("div", { class: "card" });
    const adopt = button(
      t("test.adopt", { offset: frames(wanted) }),
      async () => {
        adopt.disabled = true;
        try {
          await get("/api/operator/settings", { method: "PUT", json: { expected_offset_frames: wanted }, signal });
          notify(t("test.adopted", { offset: frames(wanted) }));
          fill(card, h("h3", {}, t("test.delay")), h("p", {}, t("test.adopted", { offset: frames(wanted) })));
        } catch (error) {
          if (error.name === "AbortError" || error.code === "operator_only") return;
          adopt.disabled = false;
          notify(explained(error));
        }
      },
      { kind: "primary" },
    );
    return fill(
      card,
      h("h3", {}, t("test.delay")),
      facts([
        [t("test.now"), frames(current)],
        [t("test.measured"), offsets.map((offset) => number(offset, 0, true)).join(", ")],
        offsets.length > 1 && [t("test.median"), frames(wanted)],
      ]),
      wanted === current
        ? h("p", {}, t("test.fits"))
        : [h("p", {}, t("test.suggest", { offset: frames(wanted) })), h("div", { class: "actions" }, adopt)],
      offsets.length < 3 && h("p", { class: "soft" }, t("test.more")),
    );
  }

  return element;
}

function outcome(report) {
  if (report.reason) return named("reason", report.reason);
  return report.decision === "ALLOW" ? t("session.in_sync") : t("reason.out_of_sync");
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
