// The words of the page, in the language it is shown in.

export class Language {
  #dictionaries;
  #params = new WeakMap();
  #plural;
  code = "";

  /** @param {Record<string, Record<string, string>>} dictionaries by language code */
  constructor(dictionaries) {
    this.#dictionaries = dictionaries;
  }

  /** Fetch the dictionaries of these languages. */
  static async load(codes) {
    const fetched = await Promise.all(
      codes.map(async (code) => {
        const answer = await fetch(`/static/i18n/${code}.json`);
        if (!answer.ok) throw new Error(`no words for ${code}`);
        return [code, await answer.json()];
      }),
    );
    return new Language(Object.fromEntries(fetched));
  }

  /** Show the whole page in a language; what it says now is said anew. */
  use(code) {
    this.code = code;
    this.#plural = new Intl.PluralRules(code);
    document.documentElement.lang = code;
    for (const element of document.querySelectorAll("[data-i18n]")) {
      element.textContent = this.text(element.dataset.i18n, this.#params.get(element));
    }
    for (const element of document.querySelectorAll("[data-i18n-label]")) {
      element.setAttribute("aria-label", this.text(element.dataset.i18nLabel));
    }
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === code));
    }
  }

  has(key) {
    return key in this.#dictionaries[this.code];
  }

  /**
   * A text.
   * @param {string} key of the dictionary; with `count` among the params, `key.one` or `key.other`
   * @param {Record<string, string | number | (() => string)>} [params] what goes in for `{name}`; functions are called
   */
  text(key, params = {}) {
    const full = "count" in params ? `${key}.${this.#plural.select(params.count)}` : key;
    const words = this.#dictionaries[this.code][full] ?? key;
    return words.replace(/\{(\w+)\}/g, (_, name) => {
      const value = params[name];
      return typeof value === "function" ? value() : String(value);
    });
  }

  /** Let an element say a text, in whatever language the page is shown. An empty key makes it empty. */
  say(element, key, params = {}) {
    if (!key) {
      delete element.dataset.i18n;
      element.textContent = "";
      return;
    }
    element.dataset.i18n = key;
    this.#params.set(element, params);
    const words = this.text(key, params);
    if (element.textContent !== words) element.textContent = words;
  }
}
