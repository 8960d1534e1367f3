// Words, numbers and dates in the language of the operator.

const KEPT = "lipgate.operator.language";

const SHORT = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };

let words = {};
let locale = "es";

/** Languages of the page, each named in itself. */
export const LANGUAGES = { es: "Español", en: "English" };

/** The language in use. */
export let language = "es";

/** The language chosen last, else the first of the browser's that there is, else `fallback`. */
export function preferred(fallback) {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2)), fallback];
  return wanted.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "es";
}

/** Load a language and use it from now on. */
export async function use(wanted) {
  const answer = await fetch(`/static/operator/i18n/${wanted}.json`);
  if (!answer.ok) throw new Error(`no words for ${wanted}`);
  words = await answer.json();
  language = wanted;
  locale = navigator.languages.find((tag) => tag.startsWith(wanted)) ?? wanted;
  document.documentElement.lang = wanted;
}

/** Remember a choice on this device. */
export function remember(wanted) {
  localStorage.setItem(KEPT, wanted);
}

/** Whether there are words of that name. */
export function has(key) {
  return Object.hasOwn(words, key);
}

/**
 * Words by name, `{places}` filled in. A `count` chooses between `key.one` and `key.other`.
 * @param {string} key
 * @param {object} [values]
 */
export function t(key, values = {}) {
  const plural = "count" in values ? `${key}.${new Intl.PluralRules(locale).select(values.count)}` : key;
  const text = words[plural] ?? words[`${key}.other`] ?? words[key] ?? key;
  const shown = { ...values, ...("count" in values ? { count: number(values.count, 0) } : {}) };
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in shown ? String(shown[name]) : whole));
}

/** Words for a code of the program; a code that the page does not know is shown as it is. */
export function named(kind, code) {
  return has(`${kind}.${code}`) ? t(`${kind}.${code}`) : String(code).replaceAll("_", " ");
}

/** A number with a true minus sign. */
export function number(value, digits = 2, signed = false) {
  const format = new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? "exceptZero" : "negative",
  });
  return format.format(value).replace("-", "\u2212");
}

/** Bytes as people say them. */
export function bytes(count) {
  return count < 1e6 ? `${number(count / 1e3, 1)} kB` : `${number(count / 1e6, 1)} MB`;
}

/** The sign between whole and decimal places. */
export function decimalSign() {
  return new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal").value;
}

/**
 * A moment as the browser's people write it, UTC in the title.
 * @param {string} iso
 * @param {Intl.DateTimeFormatOptions} [style] day and minute if not given, with the year where it is not this one
 */
export function moment(iso, style = null) {
  const element = document.createElement("time");
  const at = new Date(iso);
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  element.dateTime = iso;
  element.title = `${at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "")} UTC`;
  element.textContent = new Intl.DateTimeFormat(locale, style ?? { ...SHORT, year }).format(at);
  return element;
}
