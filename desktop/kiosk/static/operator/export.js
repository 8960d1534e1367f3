// Sessions and attempts as a file.

import { call, query } from "./api.js";
import { download, h, icon, notify } from "./dom.js";
import { bytes, t } from "./i18n.js";
import { dateRange, explained } from "./widgets.js";

const FORMATS = ["csv", "json"];

/** The view. */
export async function exports(body, { signal }) {
  const range = dateRange("", "");
  const said = h("p", { class: "soft", role: "status" });
  const choices = FORMATS.map((format, at) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "format", value: format, checked: at === 0 }),
      h("span", {}, h("b", {}, format.toUpperCase()), h("span", { class: "soft" }, t(`export.${format}`))),
    ),
  );
  const send = h("button", { type: "submit", class: "button primary" }, icon("export"), t("export.download"));
  const form = h(
    "form",
    { class: "card form", novalidate: true, on: { submit } },
    h("p", {}, t("export.what")),
    range.element,
    h("fieldset", { class: "choices" }, h("legend", {}, t("export.format")), choices),
    h("div", { class: "actions" }, send),
    said,
  );
  body.append(form);

  async function submit(event) {
    event.preventDefault();
    if (!range.valid()) return;
    const format = new FormData(form).get("format");
    send.disabled = true;
    said.textContent = t("export.making");
    try {
      const answer = await call(query("/api/operator/export", { format, ...range.values() }), { signal });
      const content = await answer.blob();
      const name = /filename="?([^";]+)"?/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? `lipgate.${format}`;
      download(content, name);
      said.textContent = t("export.made", { name, size: bytes(content.size) });
    } catch (error) {
      if (error.name === "AbortError") return;
      said.textContent = "";
      notify(explained(error));
    } finally {
      send.disabled = false;
    }
  }
}
