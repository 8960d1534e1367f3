// One setting: a number with steps or a switch, with its meaning, its default and a mark where it was changed.

import { fill, h, icon, newId } from "./dom.js";
import { has, language, number, t } from "./i18n.js";

const FRAME_MS = 40;

/**
 * A field.
 * @param {object} setting as the program tells it
 * @param {number|boolean} value to begin with
 * @param {(value: number|boolean) => void} onChange told every value that is in range
 * @returns {{name: string, element: HTMLElement, valid: () => boolean, focus: () => void, complain: (text: string) => void}}
 */
export function settingField(setting, value, onChange) {
  return setting.kind === "boolean" ? switchField(setting, value, onChange) : numberField(setting, value, onChange);
}

function label(setting) {
  return has(`setting.${setting.name}`) ? t(`setting.${setting.name}`) : setting.name.replaceAll("_", " ");
}

function meaning(setting) {
  return setting.meaning?.[language] ?? setting.meaning?.en ?? "";
}

function spoken(setting, value) {
  if (setting.kind === "boolean") return t(value ? "word.on" : "word.off");
  return number(value, setting.kind === "integer" ? 0 : decimals(setting.step));
}

function decimals(step) {
  return step ? Math.max(0, (String(step).split(".")[1] ?? "").length) : 3;
}

/** The lines under a field: meaning, note, change, complaint. */
function surroundings(setting, control, ids, reset) {
  const note = h("p", { class: "note" });
  const change = h("p", { class: "change", id: ids.change });
  const complaint = h("p", { class: "problem", id: ids.problem, role: "alert" });
  const toDefault = h(
    "button",
    {
      type: "button",
      class: "button small quiet",
      "aria-label": t("settings.reset", { name: label(setting) }),
      on: { click: reset },
    },
    icon("reset"),
    t("settings.default", { value: spoken(setting, setting.default) }),
  );
  const element = h(
    "div",
    { class: "setting", "data-setting": setting.name },
    h(
      "div",
      { class: "setting-words" },
      h("label", { for: ids.control, class: "setting-name" }, label(setting)),
      h("p", { class: "soft", id: ids.meaning }, meaning(setting)),
      note,
    ),
    h("div", { class: "setting-control" }, control, h("div", { class: "setting-below" }, change, toDefault)),
    complaint,
  );

  return {
    element,
    note: (text) => {
      note.textContent = text;
    },
    mark: (value) => {
      const changed = value !== setting.value;
      element.classList.toggle("changed", changed);
      change.textContent = changed ? t("settings.was", { value: spoken(setting, setting.value) }) : "";
      toDefault.hidden = value === setting.default;
    },
    complain: (text) => {
      complaint.textContent = text;
      element.classList.toggle("wrong", Boolean(text));
    },
  };
}

function ids() {
  const id = newId("setting");
  return { control: id, meaning: `${id}-meaning`, change: `${id}-change`, problem: `${id}-problem` };
}

function numberField(setting, value, onChange) {
  const names = ids();
  const whole = setting.kind === "integer";
  const step = setting.step ?? (whole ? 1 : 0.01);
  const input = h("input", {
    id: names.control,
    type: "number",
    inputmode: whole ? "numeric" : "decimal",
    required: true,
    value,
    min: setting.minimum,
    max: setting.maximum,
    step: whole ? 1 : "any",
    "aria-describedby": `${names.meaning} ${names.change} ${names.problem}`,
    on: { input: typed },
  });
  const stepper = h("div", { class: "stepper" }, stepButton(-1, "−"), input, stepButton(1, "+"));
  const around = surroundings(setting, stepper, names, () => set(setting.default));
  let foreign = "";

  function stepButton(direction, sign) {
    return h(
      "button",
      {
        type: "button",
        class: "step",
        "aria-label": t(direction < 0 ? "settings.less" : "settings.more", { name: label(setting) }),
        on: {
          click: () => set(clamp((Number.isNaN(input.valueAsNumber) ? setting.value : input.valueAsNumber) + direction * step)),
        },
      },
      sign,
    );
  }

  function clamp(wanted) {
    const rounded = Number(wanted.toFixed(Math.max(decimals(step), 6)));
    return Math.min(setting.maximum ?? Infinity, Math.max(setting.minimum ?? -Infinity, rounded));
  }

  function set(wanted) {
    input.value = String(wanted);
    typed();
  }

  function own() {
    const { validity } = input;
    if (validity.valueMissing || validity.badInput) return t("settings.number");
    if (validity.rangeUnderflow || validity.rangeOverflow) {
      return t("settings.range", { minimum: spoken(setting, setting.minimum), maximum: spoken(setting, setting.maximum) });
    }
    return validity.stepMismatch ? t("settings.whole") : "";
  }

  function tell() {
    const text = own() || foreign;
    around.complain(text);
    input.setAttribute("aria-invalid", String(Boolean(text)));
  }

  function typed() {
    tell();
    around.mark(input.valueAsNumber);
    around.note(!own() && setting.name.endsWith("_frames") ? `= ${number(input.valueAsNumber * FRAME_MS, 0)} ms` : "");
    if (!own()) onChange(input.valueAsNumber);
  }

  around.mark(value);
  around.note(setting.name.endsWith("_frames") ? `= ${number(value * FRAME_MS, 0)} ms` : "");
  return {
    name: setting.name,
    element: around.element,
    focus: () => input.focus(),
    valid: () => !own() && !foreign,
    complain: (text) => {
      foreign = text;
      tell();
    },
  };
}

function switchField(setting, value, onChange) {
  const names = ids();
  const input = h("input", {
    id: names.control,
    type: "checkbox",
    role: "switch",
    checked: value,
    "aria-describedby": `${names.meaning} ${names.change}`,
    on: { change: turned },
  });
  const word = h("span", { "aria-hidden": "true" });
  const around = surroundings(setting, h("span", { class: "switch" }, input, word), names, () => {
    input.checked = setting.default;
    turned();
  });

  function look() {
    fill(word, t(input.checked ? "word.on" : "word.off"));
    around.mark(input.checked);
    const warning = `setting.${setting.name}.when_on`;
    around.note(input.checked && has(warning) ? t(warning) : "");
  }

  function turned() {
    look();
    onChange(input.checked);
  }

  look();
  return {
    name: setting.name,
    element: around.element,
    focus: () => input.focus(),
    valid: () => true,
    complain: around.complain,
  };
}
