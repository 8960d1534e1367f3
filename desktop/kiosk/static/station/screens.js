// Shows one screen at a time and moves the focus to its heading.

export const byId = (id) => document.getElementById(id);

export class Screens {
  #language;

  constructor(language) {
    this.#language = language;
  }

  /** Show a screen. */
  show(name) {
    const heading = this.#swap(name).querySelector("h1");
    byId("cancel").hidden = name === "welcome" || name === "verdict";
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
    this.title(heading);
  }

  /** Call the page what this heading says. */
  title(heading) {
    const key = heading.dataset.i18n ?? "page";
    this.#language.say(document.querySelector("title"), "title", { heading: () => this.#language.text(key) });
  }

  #swap(name) {
    document.body.dataset.screen = name;
    let shown = null;
    for (const screen of document.querySelectorAll("main > section")) {
      screen.hidden = screen.dataset.screen !== name;
      if (!screen.hidden) shown = screen;
    }
    return shown;
  }
}

const IN_A_GROUP = 4;

/** Show the phrase: digits in groups of four, each with its name, and words; screen readers get it as one sentence. */
export function showPhrase(parts, language) {
  const groups = [];
  for (const part of parts) {
    const last = groups.at(-1);
    const joins = isDigit(part) && last?.dataset.kind === "digits" && last.childElementCount < IN_A_GROUP;
    const group = joins ? last : document.createElement("span");
    if (!joins) {
      group.className = "group";
      group.dataset.kind = isDigit(part) ? "digits" : "word";
      groups.push(group);
    }
    group.append(isDigit(part) ? tile(part, language) : wordTile(part));
  }
  byId("digits").replaceChildren(...groups);
  language.say(byId("digits-spoken"), "capture.digits", { digits: () => spoken(parts, language) });
}

/** The phrase as words. */
export function spoken(parts, language) {
  return parts.map((part) => (isDigit(part) ? language.text(`digit.${part}`) : part)).join(", ");
}

function isDigit(part) {
  return /^\d$/.test(part);
}

function wordTile(word) {
  const figure = document.createElement("b");
  figure.textContent = word;
  const whole = document.createElement("span");
  whole.className = "digit word";
  whole.append(figure);
  return whole;
}

function tile(digit, language) {
  const figure = document.createElement("b");
  figure.textContent = digit;
  const name = document.createElement("small");
  language.say(name, `digit.${digit}`);
  const whole = document.createElement("span");
  whole.className = "digit";
  whole.append(figure, name);
  return whole;
}
