// Before and after: two stretches of days side by side.

import { get, query } from "../../api.js";
import { byId, make } from "../../dom.js";
import { told, verdict, whiskers } from "../../draw/whiskers.js";
import { ORDER, duration, isoDay } from "../../words.js";
import { guarded } from "./guarded.js";

const DAY_MS = 86400000;
const DAYS = 14;

/** A card with the days to compare; the last two weeks against the two before them unless said otherwise. */
export function comparePart() {
  const day = (ago) => isoDay(new Date(Date.now() - new Date().getTimezoneOffset() * 60000 - ago * DAY_MS));
  const place = make("div", { class: "stack" });
  const input = (id, text, value) => make("div", {}, make("label", { for: id }, text), make("input", { id, type: "date", value, required: true }));
  const side = (name, from, to) =>
    make("fieldset", {}, make("legend", {}, name), make("div", { class: "pair" }, input(`${name}-since`, "From", from), input(`${name}-until`, "To", to)));
  const form = make(
    "form",
    { class: "stack" },
    make("div", { class: "ranges" }, side("Before", day(2 * DAYS - 1), day(DAYS)), side("After", day(DAYS - 1), day(0))),
    make("div", { class: "row" }, make("button", { class: "button" }, "Compare")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = (id) => form.querySelector(`#${id}`).value;
    const asked = { before_since: value("Before-since"), before_until: value("Before-until"), after_since: value("After-since"), after_until: value("After-until") };
    guarded(place, async () => {
      const words = result(await get(`/v1/journal/compare${query(asked)}`));
      place.replaceChildren(...words);
      byId("journal-said").textContent = words[0].textContent;
    });
  });
  return make(
    "section",
    { class: "card", "aria-labelledby": "compare-title" },
    make("h2", { id: "compare-title" }, "Before and after"),
    make("p", { class: "fine" }, "What changed between two stretches of days, and whether it is more than chance."),
    form,
    place,
  );
}

function result({ before, after, changes, cautions = [] }) {
  const rows = [...changes].sort((a, b) => ORDER.indexOf(a.label) - ORDER.indexOf(b.label));
  const clear = rows.filter(told);
  const words = clear.length ? clear.map((row) => `${row.label}: ${verdict(row)}`).join("; ") : "No difference can be told from chance";
  const known = rows.some((row) => row.low !== null);
  return [
    make("p", {}, make("strong", {}, `${words}.`)),
    make("p", { class: "fine" }, `${duration(before.seconds)} with a face before, ${duration(after.seconds)} after. The dot is the difference, in points of a hundred; `, known ? "the line is where it lies with 95 % confidence." : "there are too few days or sessions to say how sure it is."),
    ...cautions.map((text) => make("p", { class: "fine" }, text)),
    whiskers(rows),
  ];
}
