// Device check: what the program finds, what the browser sees, and a test recording.

import { get } from "./api.js";
import { closeCamera } from "../station/camera.js";
import { list, measureLevel, measureRate, open } from "./camera.js";
import { button, fill, h, icon, newId } from "./dom.js";
import { has, named, number, t } from "./i18n.js";
import { testRecording } from "./test_recording.js";
import { explained, facts, pill } from "./widgets.js";

const LOUD_DB = -3;
const QUIET_DB = -40;
/** How much the meter falls back in a twentieth of a second. */
const FALL_DB = 1.5;

/** The view. */
export async function device(body, tools) {
  const checks = h("div", { class: "card flush" });
  const stage = liveView(tools);
  body.append(
    h(
      "section",
      { class: "stack", "aria-labelledby": "checks" },
      h(
        "div",
        { class: "section-head" },
        h("h2", { id: "checks" }, t("device.checks")),
        button(t("device.again"), load, { symbol: "again", kind: "small" }),
      ),
      checks,
    ),
    stage.element,
  );

  async function load() {
    checks.setAttribute("aria-busy", "true");
    try {
      const found = await get("/api/operator/device", { signal: tools.signal });
      fill(checks, h("ul", { class: "checks" }, found.checks.map(check)));
    } catch (error) {
      if (error.name !== "AbortError") fill(checks, h("p", { class: "problem pad", role: "alert" }, explained(error)));
    } finally {
      checks.removeAttribute("aria-busy");
    }
  }

  await load();
}

/** The program's own words are English. */
function check(one) {
  return h(
    "li",
    { class: "check" },
    pill(one.state, t(`check_state.${one.state}`)),
    h(
      "div",
      {},
      h("b", {}, named("check", one.name)),
      h("span", { class: "soft", lang: "en" }, one.found),
      one.advice && h("p", { lang: "en" }, one.advice),
    ),
  );
}

/** Camera and microphone, live, and what can be done with them. */
function liveView(tools) {
  const begin = button(t("device.start"), () => start({}), { kind: "primary", symbol: "device" });
  const place = h("div", {}, h("div", { class: "card" }, h("p", {}, t("device.why")), begin));
  const element = h("section", { class: "stack", "aria-labelledby": "live" }, h("h2", { id: "live" }, t("device.live")), place);
  let stream = null;
  let endings = [];

  function stop() {
    for (const ending of endings) ending();
    endings = [];
    closeCamera(stream);
    stream = null;
  }

  tools.atEnd(stop);

  async function start(chosen) {
    stop();
    try {
      stream = await open(chosen);
      if (tools.signal.aborted) {
        stop();
        return;
      }
      await draw();
    } catch (error) {
      const reason = has(`device.${error.name}`) ? t(`device.${error.name}`) : `${t("device.failed")} (${error.name})`;
      const again = button(t("error.again"), () => start({}), { symbol: "again" });
      fill(
        place,
        h(
          "div",
          { class: "card warning", role: "alert" },
          h("h3", {}, icon("warn"), t("device.no_access")),
          h("p", {}, reason),
          again,
        ),
      );
    }
  }

  async function draw() {
    const { cameras, microphones } = await list();
    const inUse = Object.fromEntries(stream.getTracks().map((track) => [track.kind, track.getSettings().deviceId]));
    const camera = chooser(t("device.camera"), cameras, inUse.video, again);
    const microphone = chooser(t("device.microphone"), microphones, inUse.audio, again);

    function again() {
      start({ camera: camera.value(), microphone: microphone.value() });
    }

    const video = h("video", { class: "preview", playsinline: true, "aria-label": t("device.preview") });
    video.muted = true;
    video.srcObject = stream;
    const size = h("span");
    const rate = h("span");
    const level = levelMeter();
    video.addEventListener("resize", () => {
      size.textContent = `${video.videoWidth} × ${video.videoHeight}`;
    });
    endings.push(
      measureRate(video, (fps) => {
        rate.textContent = t("device.fps", { fps: number(fps, 1) });
      }),
      measureLevel(stream, level.show),
    );
    const { sampleRate } = stream.getAudioTracks()[0].getSettings();
    const test = testRecording(stream, tools);
    fill(
      place,
      h(
        "div",
        { class: "live" },
        h("div", { class: "card live-picture" }, video),
        h(
          "div",
          { class: "card stack" },
          camera.element,
          microphone.element,
          level.element,
          facts([
            [t("device.resolution"), size],
            [t("device.rate"), rate],
            [t("device.sample_rate"), sampleRate ? `${number(sampleRate / 1000, 1)} kHz` : "–"],
          ]),
          h(
            "div",
            { class: "actions" },
            button(t("device.stop"), () => {
              stop();
              fill(place, h("div", { class: "card" }, begin));
              begin.focus();
            }),
          ),
        ),
      ),
      test,
    );
    await video.play();
  }

  return { element };
}

function chooser(name, devices, current, onChange) {
  const id = newId("device");
  const select = h(
    "select",
    { id, on: { change: onChange } },
    devices.map(({ id: value, name: text }) => h("option", { value, selected: value === current }, text)),
  );
  return { element: h("div", { class: "field" }, h("label", { for: id }, name), select), value: () => select.value };
}

function levelMeter() {
  const inner = h("i");
  const word = h("span", { class: "soft" });
  const id = newId("level");
  const meter = h(
    "div",
    { class: "level", role: "meter", "aria-labelledby": id, "aria-valuemin": -60, "aria-valuemax": 0, "aria-valuenow": -60 },
    inner,
  );
  let shown = -60;
  let count = 0;

  function show(peak) {
    shown = Math.max(-60, Math.min(0, peak), shown - FALL_DB);
    inner.style.transform = `scaleX(${(shown + 60) / 60})`;
    count += 1;
    if (count % 10) return;
    meter.className = `level ${shown > LOUD_DB ? "block" : shown < QUIET_DB ? "next" : "allow"}`;
    const said = t(shown > LOUD_DB ? "device.loud" : shown < QUIET_DB ? "device.quiet" : "device.good");
    meter.setAttribute("aria-valuenow", String(Math.round(shown)));
    meter.setAttribute("aria-valuetext", `${number(shown, 0)} dB, ${said}`);
    word.textContent = `${number(shown, 0)} dB · ${said}`;
  }

  return {
    element: h("div", { class: "field" }, h("div", { class: "level-words" }, h("span", { id }, t("device.level")), word), meter),
    show,
  };
}
