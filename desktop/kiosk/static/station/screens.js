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

/** Show the phrase, digit by digit in groups of four, each with its name; screen readers get it as one sentence. */
export function showDigits(digits, language) {
  const groups = [];
  for (let at = 0; at < digits.length; at += 4) {
    const group = document.createElement("span");
    group.className = "group";
    for (const digit of digits.slice(at, at + 4)) group.append(tile(digit, language));
    groups.push(group);
  }
  byId("digits").replaceChildren(...groups);
  language.say(byId("digits-spoken"), "capture.digits", { digits: () => spoken(digits, language) });
}

/** The digits as words. */
export function spoken(digits, language) {
  return digits.map((digit) => language.text(`digit.${digit}`)).join(", ");
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
