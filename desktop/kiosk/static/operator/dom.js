// Elements from script. Strings only ever become text nodes or attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {object} [props] attributes by name; `on` holds listeners by event; false, null and undefined are left out
 * @param {...(Node|string|number|null|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, children);
  return element;
}

/** Append nodes and strings; nested lists are flattened, nothing is drawn for null and false. */
export function add(parent, ...children) {
  parent.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return parent;
}

/** Replace all children. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, children);
}

const ICONS = {
  allow: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M7.5 12.5l3 3 6-6.5",
  next: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M9 9.2a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2M12 17.4v.1",
  block: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M8.5 8.5l7 7m0-7-7 7",
  warn: "M12 3.5 22 20.5H2zM12 10v5M12 17.6v.1",
  history: "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5M12 7.5V12l3 2",
  audit: "M12 2.5 20 6v6c0 5-3.4 8.4-8 9.5C7.4 20.4 4 17 4 12V6zM8.5 12l2.5 2.5 4.5-5",
  broken: "M12 2.5 20 6v6c0 5-3.4 8.4-8 9.5C7.4 20.4 4 17 4 12V6zM9.5 9.5l5 5m0-5-5 5",
  export: "M12 3v12m-5-5 5 5 5-5M4 20.5h16",
  settings: "M4 7h9m5 0h2M4 17h3m5 0h8M18 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M12 17a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
  device:
    "M3 7.5A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5zM15 10.5l6-3.5v10l-6-3.5",
  out: "M10 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20H10M9.5 12H21m-4-4.5L21 12l-4 4.5",
  back: "M11 5l-7 7 7 7M4 12h16",
  copy: "M9 9h10.5v11.5H9zM15 9V3.5H4.5V15H9",
  erase: "M9 5.5h11.5v13H9L3 12zM12 9l6 6m0-6-6 6",
  lock: "M5.5 11h13v9.5h-13zM8 11V7.5a4 4 0 0 1 8 0V11M12 14.5v2.5",
  older: "M9 5l7 7-7 7",
  newer: "M15 5l-7 7 7 7",
  again: "M20 12a8 8 0 1 1-2.4-5.7L20 8.5M20 3.5v5h-5",
  record: "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0M15.5 12a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0",
  reset: "M4 12a8 8 0 1 0 2.4-5.7L4 8.5M4 3.5v5h5",
};

/** A decorative icon. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

let unique = 0;

/** An id that no other element of the page has. */
export function newId(prefix) {
  unique += 1;
  return `${prefix}-${unique}`;
}

/** A button that is no submit button. */
export function button(label, onClick, { kind = "", symbol = null, ...props } = {}) {
  return h(
    "button",
    { type: "button", class: `button ${kind}`.trim(), on: { click: onClick }, ...props },
    symbol && icon(symbol),
    label,
  );
}

let hiding;

/** Tell something in passing, to eyes and to screen readers. */
export function notify(text) {
  const place = document.getElementById("said");
  clearTimeout(hiding);
  place.textContent = text;
  hiding = setTimeout(() => {
    place.textContent = "";
  }, 5000);
}

/** Hand a file to the browser's downloads. */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Put a text on the clipboard and say so. */
export async function copy(text, done, failed) {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify(failed);
  }
}
