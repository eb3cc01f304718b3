// The tags of a session: added and taken away.

import { request } from "../../api.js";
import { icon, make } from "../../dom.js";
import { guarded } from "./guarded.js";

/** Tags with a field for another one. path: of the session in the API. */
export function tagsPart(session, path) {
  const told = make("div");
  const shown = make("span", { class: "tags" });
  const input = make("input", { id: "new-tag", maxlength: 50, autocomplete: "off", placeholder: "New tag", "aria-label": "New tag" });
  let { tags } = session;

  function redraw() {
    shown.replaceChildren(
      ...tags.map((tag) =>
        make("span", { class: "tag" }, tag, make("button", { type: "button", "aria-label": `Take the tag “${tag}” away`, onclick: () => set(tags.filter((one) => one !== tag)) }, icon("close"))),
      ),
    );
  }

  const set = (wanted) =>
    guarded(told, async () => {
      ({ tags } = await (await request(path, { method: "PATCH", json: { tags: wanted } })).json());
      redraw();
      input.focus();
    });

  const form = make("form", { class: "row" }, shown, make("div", {}, input), make("button", { class: "button small" }, icon("add"), "Tag"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tag = input.value.trim();
    if (tag && (await set([...tags, tag]))) input.value = "";
  });
  redraw();
  return make("div", { class: "stack" }, form, told);
}
