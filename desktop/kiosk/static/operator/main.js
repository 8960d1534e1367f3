// The operator's page: who is let in, which view is shown, in which language.

import { quiet } from "../station/idle.js";
import { call, get, query, watch } from "./api.js";
import { audit } from "./audit.js";
import { device } from "./device.js";
import { add, button, fill, h, icon, notify } from "./dom.js";
import { exports } from "./export.js";
import { history } from "./history.js";
import { LANGUAGES, language, preferred, remember, t, use } from "./i18n.js";
import { showLogin } from "./login.js";
import { session } from "./session.js";
import { forget, settings } from "./settings.js";
import { failed } from "./widgets.js";

/** After so long without a call the program forgets the operator; what is on the screen goes with it. */
const IDLE_MS = 10 * 60 * 1000;

/** After so long without a touch of the PIN pad the station is the public's again. */
const PIN_PAD_S = 60;

const VIEWS = { history, session, audit, export: exports, settings, device };
const TABS = ["history", "audit", "export", "settings", "device"];

const frame = document.getElementById("frame");
let leave = () => {};
let idle;
let station = { version: "", language: "es" };
let entered = false;

/** View, further parts of the path and parameters that the address names. */
function place() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decoded);
  return { name: Object.hasOwn(VIEWS, name) ? name : "history", rest, parameters: new URLSearchParams(search ?? "") };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function lock(notice) {
  leave();
  entered = false;
  clearTimeout(idle);
  document.title = `${t("login.title")} · Lipgate`;
  const end = showLogin(frame, { notice, onEnter: enter, tools: languageSwitch() });
  const waiting = new AbortController();
  quiet(PIN_PAD_S, waiting.signal, () => {}).then(
    () => location.replace("/"),
    () => {},
  );
  leave = () => {
    end();
    waiting.abort();
  };
}

async function enter() {
  leave();
  entered = true;
  leave = () => {};
  draw();
  await show();
}

/** Log out and take everything off the screen; whether the program has let go of the operator. */
async function logOut() {
  try {
    await call("/api/operator/logout", { method: "POST" });
  } catch (error) {
    if (error.code !== "operator_only") {
      notify(t("error.with_code", { code: error.code }));
      return false;
    }
  }
  forget();
  lock(t("login.left"));
  return true;
}

/** Leave the station to the public, who must not come back to these pages as the operator. */
async function toStation(event) {
  event.preventDefault();
  if (await logOut()) location.replace("/");
}

function draw() {
  const skip = h("a", { class: "skip", href: "#view", on: { click: toView } }, t("frame.skip"));
  const tabs = TABS.map((name) =>
    h(
      "li",
      {},
      h("a", { class: "tab", href: `#/${name}`, "data-tab": name, on: { click: again } }, icon(name), t(`${name}.title`)),
    ),
  );
  fill(
    frame,
    skip,
    h(
      "header",
      { class: "top" },
      h("p", { class: "brand" }, h("b", {}, "Lipgate"), " ", h("span", {}, t("frame.operator"))),
      h(
        "div",
        { class: "top-tools" },
        languageSwitch(),
        h("a", { class: "button quiet", href: "/", on: { click: toStation } }, t("login.to_station")),
        button(t("frame.log_out"), logOut, { kind: "quiet", symbol: "out" }),
      ),
    ),
    h("nav", { class: "tabs", "aria-label": t("frame.views") }, h("ul", {}, tabs)),
    h("main", { id: "view", tabindex: "-1" }),
    h("footer", { class: "foot" }, t("frame.version", { version: station.version })),
  );
}

function languageSwitch() {
  const languages = Object.entries(LANGUAGES).map(([tag, name]) =>
    button(tag.toUpperCase(), () => speak(tag), {
      kind: "small",
      lang: tag,
      title: name,
      "aria-label": `${tag.toUpperCase()}, ${name}`,
      "aria-pressed": String(tag === language),
      "data-language": tag,
    }),
  );
  return h("div", { class: "segments", role: "group", "aria-label": t("frame.language") }, languages);
}

function again(event) {
  // The address stays as it is then, and no view would be shown anew.
  if (event.currentTarget.hash === location.hash) show();
}

function toView(event) {
  // The part of the address after # belongs to the views.
  event.preventDefault();
  document.getElementById("view").focus();
}

async function speak(tag) {
  remember(tag);
  await use(tag);
  if (!entered) {
    lock(null);
    return;
  }
  draw();
  await show({ focus: `[data-language="${tag}"]` });
}

/** Show what the address names. The heading gets the focus, so that keyboard and screen reader begin there. */
async function show({ focus = "h1" } = {}) {
  if (!entered) return;
  leave();
  const { name, rest, parameters } = place();
  const leaving = new AbortController();
  const cleanups = [];
  leave = () => {
    leaving.abort();
    for (const cleanup of cleanups) cleanup();
    leave = () => {};
  };
  for (const tab of document.querySelectorAll(".tab")) {
    const here = tab.dataset.tab === (name === "session" ? "history" : name);
    if (here) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
    if (here) tab.scrollIntoView({ block: "nearest", inline: "center" });
  }
  const title = h("h1", { tabindex: "-1" }, t(`${name}.title`));
  const body = h("div", { class: "view", "aria-busy": "true" });
  const head = h("div", { class: "view-head" }, title);
  const view = document.getElementById("view");
  fill(view, head, body);
  document.title = `${t(`${name}.title`)} · Lipgate`;
  window.scrollTo(0, 0);
  document.querySelector(focus)?.focus({ preventScroll: true });
  const tools = { head, title, rest, parameters, signal: leaving.signal, atEnd: (cleanup) => cleanups.push(cleanup), go };
  try {
    await VIEWS[name](body, tools);
  } catch (error) {
    if (leaving.signal.aborted || error.name === "AbortError") return;
    failed(body, error, () => show());
  } finally {
    body.removeAttribute("aria-busy");
  }
}

/** Go to a view with parameters; empty ones are left out. */
function go(name, parameters = {}) {
  location.hash = query(`#/${name}`, parameters);
}

async function start() {
  watch({
    lockedOut: () => entered && lock(t("login.closed")),
    used: () => {
      clearTimeout(idle);
      if (entered) idle = setTimeout(() => lock(t("login.closed")), IDLE_MS);
    },
  });
  await use(preferred("es"));
  try {
    station = await get("/api/station");
    await use(preferred(station.language));
    await get("/api/operator/settings");
  } catch (error) {
    if (error.code === "operator_only") {
      lock(null);
    } else {
      const retry = h("main", { class: "gate" });
      add(retry, h("h1", {}, "Lipgate"));
      failed(add(retry, h("div", {})).lastChild, error, () => location.reload());
      fill(frame, retry);
    }
    return;
  }
  await enter();
}

window.addEventListener("hashchange", () => show());
await start();
