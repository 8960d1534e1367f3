// Puts the page together and starts it.

import { Announcer } from "./announcer.js";
import { Api } from "./api.js";
import { Capture } from "./capture.js";
import { Flow } from "./flow.js";
import { Idle } from "./idle.js";
import { Language } from "./language.js";
import { byId, Screens } from "./screens.js";
import { failed, makeSteps } from "./steps.js";
import { Visit } from "./visit.js";
import { pause } from "./waiting.js";

const ASK_AGAIN_MS = 2000;

/** Steps in which a new language means a new session: the phrase is to be read in it. */
const READ_ANEW = ["camera", "capture"];

async function start() {
  const api = new Api();
  const [station, language] = await prepared(api);
  language.use(station.language);

  const page = { api, station, language, visit: new Visit(api), screens: new Screens(language) };
  page.announcer = new Announcer(byId("announcer"));
  page.idle = new Idle(byId("still-there"), byId("still-there-words"), language, () => flow.go("welcome"));
  page.lost = () => {
    page.visit.missing = "lost";
    flow.go("no_camera");
  };
  let changed = new AbortController();
  page.languageChanged = () => changed.signal;
  page.languageChange = () => new Promise((resolve) => changed.signal.addEventListener("abort", resolve, { once: true }));
  page.useLanguage = (code) => {
    language.use(code);
    changed.abort(new DOMException("another language", "AbortError"));
    changed = new AbortController();
  };

  const flow = new Flow(makeSteps(page, new Capture(page)), (error) => failed(error, page.visit));
  for (const element of document.querySelectorAll("[data-privacy]")) {
    language.say(element, station.keeps_videos ? "privacy.kept" : "privacy.deleted");
  }
  byId("cannot-verify").hidden = !station.cannot_verify;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.hidden = !station.languages.includes(button.dataset.language);
  }
  listen(page, flow);
  await flow.run("welcome");
}

/** Station and words. Until both are there the page says so in all languages, and asks again. */
async function prepared(api) {
  for (;;) {
    try {
      const station = await api.station();
      return [station, await Language.load(station.languages)];
    } catch {
      byId("boot-words").hidden = false;
      await pause(ASK_AGAIN_MS, new AbortController().signal);
    }
  }
}

/** What may be pressed at any time. */
function listen({ visit, language, idle, useLanguage }, flow) {
  byId("cancel").addEventListener("click", () => flow.go("welcome"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && flow.at !== "welcome" && !idle.asking) flow.go("welcome");
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      if (button.dataset.language === language.code) return;
      useLanguage(button.dataset.language);
      if (READ_ANEW.includes(flow.at)) flow.go("camera");
    });
  }
  window.addEventListener("pagehide", () => visit.end());
  // A page that comes back from the browser's memory would go on with a visit that has ended and with old settings.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

start();
