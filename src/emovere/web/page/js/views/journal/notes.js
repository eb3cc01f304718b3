// The notes on a session: read, added, deleted.

import { request } from "../../api.js";
import { byId, icon, make } from "../../dom.js";
import { clock } from "../../words.js";
import { guarded } from "./guarded.js";

/** A card with the notes of a session. path: of the session in the API. */
export function notesPart(session, path) {
  const list = make("ul", { class: "notes" });
  const told = make("div");
  const none = make("p", { class: "fine" }, "There is no note yet.");
  const input = make("input", { id: "new-note", maxlength: 2000, autocomplete: "off", placeholder: "What was this?" });

  function row(note) {
    const words = note.text.length > 40 ? `${note.text.slice(0, 40)} …` : note.text;
    const away = make("button", { type: "button", class: "button quiet round", "aria-label": `Delete the note “${words}”` }, icon("delete"));
    const made = make("li", {}, make("span", { class: "pale number" }, note.at_s === null ? "" : clock(note.at_s)), make("span", {}, note.text), away);
    away.addEventListener("click", () =>
      guarded(told, async () => {
        await request(`${path}/notes/${encodeURIComponent(note.id)}`, { method: "DELETE" });
        made.remove();
        none.hidden = list.children.length > 0;
        byId("journal-said").textContent = "The note is deleted.";
        input.focus();
      }),
    );
    return made;
  }

  const form = make("form", { class: "row end" }, make("div", { class: "grow" }, make("label", { for: "new-note" }, "New note"), input), make("button", { class: "button" }, icon("add"), "Add"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    guarded(told, async () => {
      const note = await (await request(`${path}/notes`, { method: "POST", json: { text } })).json();
      list.append(row(note));
      none.hidden = true;
      input.value = "";
      byId("journal-said").textContent = "The note is kept.";
    });
  });
  list.append(...session.notes.map(row));
  none.hidden = session.notes.length > 0;
  return make("section", { class: "card stack", "aria-labelledby": "notes-title" }, make("h2", { id: "notes-title" }, "Notes"), none, list, form, told);
}
