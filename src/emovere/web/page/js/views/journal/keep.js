// What is kept is the person's own: taken away as a file, and deleted, a range of days or all of it.

import { query, request, save } from "../../api.js";
import { sure } from "../../dialogs.js";
import { button, byId, icon, make } from "../../dom.js";
import { counted } from "../../words.js";
import { guarded } from "./guarded.js";

const FORMATS = { csv: "CSV", jsonl: "JSON Lines", parquet: "Parquet" };

/** A card. again: called when something was deleted. */
export function keepPart(again) {
  const told = make("div");
  const exports = Object.entries(FORMATS).map(([format, name]) =>
    button(name, {
      icon: "download",
      kind: "small",
      "aria-label": `Export as ${name}`,
      onclick: () => guarded(told, async () => save(await request(`/v1/journal/export${query({ format })}`), `journal.${format}`)),
    }),
  );
  const gone = async ({ deleted }) => {
    byId("journal-said").textContent = `${counted(deleted, "session")} deleted.`;
    await again();
    byId("title-journal").focus();
  };
  const all = async () => {
    if (!(await sure("Delete the whole journal?", "Every session, with its readings, events, tags and notes, is deleted for good. Export it first if you may want it.", "Delete everything"))) return;
    guarded(told, async () => gone(await (await request("/v1/journal", { method: "DELETE" })).json()));
  };
  return make(
    "section",
    { class: "card stack", "aria-labelledby": "keep-title" },
    make("h2", { id: "keep-title" }, "Take away or delete"),
    make("p", { class: "fine" }, "A reading a person and second. What is deleted is gone from the file, too."),
    make("div", { class: "row" }, exports),
    range(told, gone),
    make("div", { class: "row" }, button("Delete everything", { icon: "delete", kind: "danger", onclick: all })),
    told,
  );
}

function range(told, gone) {
  const input = (id, text) => make("div", { class: "grow" }, make("label", { for: id }, text), make("input", { id, type: "date", required: true }));
  const form = make("form", { class: "row end" }, input("delete-since", "From"), input("delete-until", "To"), make("button", { class: "button danger" }, icon("delete"), "Delete these days"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [since, until] = ["since", "until"].map((name) => form.querySelector(`#delete-${name}`).value);
    if (!(await sure("Delete these days?", `Every session from ${since} to ${until} is deleted for good.`, "Delete them"))) return;
    guarded(told, async () => gone(await (await request(`/v1/sessions${query({ since, until })}`, { method: "DELETE" })).json()));
  });
  return form;
}
