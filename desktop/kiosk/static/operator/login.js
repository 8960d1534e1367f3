// The way in: a PIN, by touch or keyboard.

import { call } from "./api.js";
import { button, fill, h, icon, newId } from "./dom.js";
import { t } from "./i18n.js";

const LONGEST_PIN = 12;

/**
 * Show the PIN pad.
 * @param {HTMLElement} place
 * @param {{notice?: string|null, onEnter: () => void, tools: Node}} options notice: why the operator is asked again;
 *   tools: what else may be done here
 * @returns {() => void} ends what runs
 */
export function showLogin(place, { notice = null, onEnter, tools }) {
  const message = newId("pin-message");
  const field = h("input", {
    id: newId("pin"),
    class: "pin-field",
    type: "password",
    inputmode: "none",
    autocomplete: "off",
    maxlength: LONGEST_PIN,
    required: true,
    "aria-describedby": message,
  });
  const said = h("p", { id: message, class: notice ? "pin-message calm" : "pin-message", role: "alert" }, notice);
  const enter = h("button", { class: "key go", type: "submit" }, t("login.enter"));
  const keys = h(
    "div",
    { class: "keys", role: "group", "aria-label": t("login.pad") },
    [..."123456789"].map((digit) => key(digit)),
    h("button", { class: "key", type: "button", "aria-label": t("login.erase"), on: { click: erase } }, icon("erase")),
    key("0"),
    enter,
  );
  const form = h(
    "form",
    { class: "pin-card", novalidate: true, on: { submit, keydown: typed } },
    h("div", { class: "pin-head" }, icon("lock"), h("h1", { tabindex: "-1" }, t("login.title"))),
    h("label", { for: field.id, class: "soft" }, t("login.label")),
    field,
    said,
    keys,
  );
  let ticking = null;

  function key(digit) {
    return h("button", { class: "key", type: "button", on: { click: () => type(digit) } }, digit);
  }

  function type(digit) {
    if (field.value.length < LONGEST_PIN) field.value += digit;
    say("");
  }

  function erase() {
    field.value = field.value.slice(0, -1);
  }

  /** After a touch of the pad the field has lost the focus; what is typed still belongs there. */
  function typed(event) {
    if (event.target === field || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^\d$/.test(event.key)) type(event.key);
    if (event.key === "Backspace") erase();
  }

  function say(text) {
    said.className = "pin-message";
    said.textContent = text;
  }

  function busy(is) {
    for (const control of form.querySelectorAll("button, input")) control.disabled = is;
  }

  async function submit(event) {
    event.preventDefault();
    if (!field.value) {
      say(t("login.empty"));
      field.focus();
      return;
    }
    busy(true);
    try {
      await call("/api/operator/login", { method: "POST", json: { pin: field.value } });
      onEnter();
    } catch (error) {
      refused(error);
    }
  }

  function refused(error) {
    field.value = "";
    if (error.code === "no_pin") {
      explainMissingPin();
    } else if (error.code === "locked") {
      countDown(error.retryAfter ?? 60);
    } else {
      busy(false);
      say(error.code === "wrong_pin" ? t("login.wrong") : t("error.with_code", { code: error.code }));
      field.focus();
    }
  }

  function countDown(seconds) {
    const end = Date.now() + seconds * 1000;
    say(t("login.locked"));
    // Not inside the alert, which would be read aloud every second.
    const clock = h("p", { class: "pin-clock", role: "timer" });
    said.after(clock);
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (left > 0) return;
      clearInterval(ticking);
      clock.remove();
      busy(false);
      say(t("login.again"));
      field.focus();
    };
    tick();
    ticking = setInterval(tick, 250);
  }

  function explainMissingPin() {
    const title = h("h1", { tabindex: "-1" }, t("login.no_pin"));
    const card = h(
      "div",
      { class: "pin-card" },
      h("div", { class: "pin-head" }, icon("lock"), title),
      h("p", {}, t("login.no_pin_how")),
      h("p", {}, h("code", { class: "command" }, "lipgate kiosk --set-pin")),
      h("p", { class: "soft" }, t("login.no_pin_why")),
      button(t("login.retry"), () => showLogin(place, { onEnter, tools }), { kind: "primary" }),
    );
    gate(card);
    title.focus();
  }

  function gate(card) {
    const foot = h("div", { class: "gate-foot" }, h("a", { href: "/" }, t("login.to_station")), tools);
    fill(place, h("main", { class: "gate" }, card, foot));
  }

  gate(form);
  field.focus();
  return () => clearInterval(ticking);
}
