// The program's plots: parsed as XML, looked over, put into the page, and said in its language.

import { h } from "./dom.js";
import { decimalSign, has, t } from "./i18n.js";

const ALLOWED = new Set(["svg", "title", "desc", "line", "polyline", "polygon", "circle", "text", "g", "path", "rect"]);
const XMLNS = 'xmlns="http://www.w3.org/2000/svg"';
const NUMBER = /[+\u2212-]?\d+(?:\.\d+)?%?/g;

/**
 * A figure with a plot.
 * @param {string} drawing
 * @param {"timeline"|"curve"|"framewise"} kind
 */
export function figure(drawing, kind) {
  return h(
    "figure",
    { class: `plot-figure plot-${kind}` },
    h("h4", {}, t(`plot.${kind}`)),
    adopted(drawing, kind),
    h("figcaption", {}, t(`plot.${kind}_help`)),
  );
}

/** All plots of an attempt or a test; nothing where there are none. Reports of earlier versions have no timeline. */
export function figures(plots) {
  if (!plots) return plots;
  const kinds = ["timeline", "curve", "framewise"].filter((kind) => plots[kind]);
  return h("div", { class: "plots" }, ...kinds.map((kind) => figure(plots[kind], kind)));
}

function adopted(drawing, kind) {
  const source = drawing.includes("xmlns=") ? drawing : drawing.replace("<svg", `<svg ${XMLNS}`);
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (!sound(root)) return h("p", { class: "soft" }, t("plot.unreadable"));
  const picture = document.adoptNode(root);
  translate(picture, kind);
  return picture;
}

function sound(root) {
  const all = [root, ...root.querySelectorAll("*")];
  return (
    root.localName === "svg" &&
    all.every(
      (element) => ALLOWED.has(element.localName) && [...element.attributes].every(({ name }) => !/^on|href|^style$/i.test(name)),
    )
  );
}

function translate(picture, kind) {
  if (has("plot.as_drawn")) return;
  for (const text of picture.querySelectorAll("text")) text.textContent = said(text.textContent);
  const title = picture.querySelector("title");
  const description = picture.querySelector("desc");
  const numbers = Object.fromEntries(
    [...description.textContent.matchAll(NUMBER)].map(([found], at) => [`n${at}`, local(found)]),
  );
  title.textContent = t(`plot.${kind}_title`);
  description.textContent = t(`plot.${kind}_said`, numbers);
}

/** Words in the plot: the same sentence in this language, whatever numbers stand in it. */
function said(text) {
  const numbers = [...text.matchAll(NUMBER)].map(([found]) => local(found));
  const pattern = text.replace(NUMBER, "#").replace("frames", "frame");
  if (!has(`plot.text.${pattern}`)) return local(text);
  return t(`plot.text.${pattern}`, Object.fromEntries(numbers.map((found, at) => [`n${at}`, found])));
}

function local(text) {
  return text.replace(/(\d)\.(\d)/g, `$1${decimalSign()}$2`);
}
