// All that is in the journal: totals, trends, sessions by day, before and after, export and deletion.

import { get } from "../../api.js";
import { make } from "../../dom.js";
import { duration, local, shortDay } from "../../words.js";
import { comparePart } from "./compare.js";
import { keepPart } from "./keep.js";
import { sessionsPart } from "./sessions.js";
import { trendsPart } from "./trends.js";

/** Loaded anew after each change. */
export class Overview {
  constructor() {
    this.filter = { since: "", until: "", tag: "" };
    this.element = make("div", { class: "stack" });
  }

  async load() {
    const contents = await get("/v1/journal");
    if (!contents.sessions) {
      this.element.replaceChildren(empty());
      return this.element;
    }
    const again = () => this.load();
    this.parts = [trendsPart(this.filter), sessionsPart(this.filter)];
    await this.refill();
    this.element.replaceChildren(totals(contents), this.choose(), ...this.parts.map((part) => part.element), comparePart(), keepPart(again));
    return this.element;
  }

  refill() {
    return Promise.all(this.parts.map((part) => part.load()));
  }

  /** Days and a tag, for the trends and the sessions alike. */
  choose() {
    const field = (id, text, attributes) => {
      const input = make("input", { id, value: this.filter[id.slice(7)], ...attributes });
      input.addEventListener("change", () => {
        this.filter[id.slice(7)] = input.value.trim();
        this.refill();
      });
      return make("div", { class: "grow" }, make("label", { for: id }, text), input);
    };
    return make(
      "div",
      { class: "row end", role: "search", "aria-label": "Which sessions" },
      field("filter-since", "From", { type: "date" }),
      field("filter-until", "To", { type: "date" }),
      field("filter-tag", "Tag", { type: "text", maxlength: 50, placeholder: "any" }),
    );
  }
}

function totals(contents) {
  const part = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
  const [first, last] = [contents.first, contents.last].map((at) => shortDay(local(at, null)));
  return make(
    "dl",
    { class: "totals card" },
    part(contents.sessions === 1 ? "session" : "sessions", contents.sessions.toLocaleString("en")),
    part("with a face", duration(contents.seconds)),
    part("first and last day", first === last ? first : `${first} – ${last}`),
  );
}

function empty() {
  return make(
    "div",
    { class: "nothing" },
    make("p", {}, make("strong", {}, "Nothing is kept.")),
    make("p", {}, "A session that you start beside the ", make("a", { href: "#camera" }, "camera"), " is written here, second by second."),
  );
}
