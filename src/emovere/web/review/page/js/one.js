// One face at a time: large, with all that is known of it, and those that stand around it.

import { query, request } from "/page/js/api.js";
import { byId, icon, make } from "/page/js/dom.js";
import { paint } from "./faces.js";
import { mark, reasonWords } from "./words.js";

const AROUND = 4;

/** Draws the face under a desk's cursor. */
export class One {
  constructor(desk) {
    this.desk = desk;
    this.colour = null;
    this.shown = this.painted = null;
    this.slots = Array.from({ length: 2 * AROUND + 1 }, (_, number) => this.#slot(number - AROUND));
    byId("film").replaceChildren(...this.slots);
  }

  #slot(step) {
    const canvas = make("canvas", { width: 48, height: 48, "aria-hidden": "true" });
    const marked = make("span", { "aria-hidden": "true" });
    const words = make("span", { class: "unseen" });
    const here = { "aria-current": step === 0 ? "true" : null, onclick: () => this.desk.step(step) };
    const button = make("button", { type: "button", tabIndex: -1, ...here }, canvas, marked, words);
    const slot = make("li", {}, button);
    slot.parts = [button, canvas, marked, words];
    return slot;
  }

  draw() {
    const { desk } = this;
    const face = desk.face;
    byId("large").classList.toggle("waiting", !face);
    this.#film();
    if (!face) {
      byId("known").replaceChildren(make("p", { class: "pale" }, "Coming…"));
      return;
    }
    if (this.shown !== face.key) {
      this.shown = face.key;
      this.#inColour(face);
    }
    if (this.painted !== face.key) paint(byId("large"), face);
    this.painted = face.key;
    byId("large").setAttribute("aria-label", `Face labelled ${face.label}`);
    byId("known").replaceChildren(...this.#known(face));
  }

  #known(face) {
    const { desk } = this;
    const mine = face.mine ? desk.words(face.mine, face.label) : null;
    const others = Object.entries(face.others).map(([name, code]) =>
      make("li", {}, make("b", {}, name), ` ${desk.words(code, face.label)}`),
    );
    const also = face.about.also?.length ? `Other rows of the same picture say: ${face.about.also.join(", ")}.` : "";
    return [
      make("p", { class: "labelled" }, "labelled ", make("strong", { id: "own-label" }, face.label)),
      also && make("p", { class: "fine" }, also),
      face.hints.length ? make("ul", { class: "hints", "aria-label": "Doubts" }, face.hints.map(hint)) : null,
      make(
        "p",
        { class: `mine ${mine ? "" : "pale"}`, id: "mine" },
        mine ? `Your vote: ${mine}` : "You have not voted on it yet.",
        face.cropped ? " You have mended its crop." : "",
      ),
      others.length ? make("ul", { class: "others", "aria-label": "Votes of others" }, others) : null,
      about(face.about),
    ].filter(Boolean);
  }

  /** The slots are made once; a face of which nothing has changed is not drawn again. */
  #film() {
    const { desk } = this;
    this.slots.forEach((slot, number) => {
      const place = desk.cursor - AROUND + number;
      const there = place >= 0 && place < desk.length;
      slot.style.setProperty("visibility", there ? "visible" : "hidden");
      if (!there) return;
      const face = desk.faces.at(desk.list[place]);
      const [button, canvas, marked, words] = slot.parts;
      if (face && canvas.dataset.of !== face.key) paint(canvas, face);
      canvas.dataset.of = face?.key ?? "";
      canvas.classList.toggle("waiting", !face);
      marked.className = face?.mine ? `mark ${mark(desk, face.mine, face.label)[0]}` : "";
      words.textContent = `${place + 1}: ${face ? `${face.label}, ${desk.words(face.mine, face.label)}` : "coming"}`;
      button.title = words.textContent;
    });
  }

  /** The face in colour, at its full size, where the set has it. */
  async #inColour(face) {
    byId("looks").querySelector("img")?.remove();
    if (this.colour) URL.revokeObjectURL(this.colour);
    this.colour = null;
    if (!face.about.colour) return;
    try {
      const answer = await request(`/v1/review/picture${query({ key: face.key, of: "colour" })}`);
      const data = await answer.blob();
      if (this.shown !== face.key) return;
      this.colour = URL.createObjectURL(data);
      byId("looks").append(make("img", { src: this.colour, alt: "The same face in colour" }));
    } catch {
      // a file that is gone is nothing that a labeller has to know
    }
  }
}

function hint(one) {
  const said = [reasonWords(one), one.note].filter(Boolean).join(" – ");
  return make("li", {}, icon("warning"), make("span", {}, said), make("span", { class: "number fine" }, one.score.toFixed(2)));
}

const WORDS = { source: "Source", page: "Page", author: "Author", licence: "Licence", group: "Group", made: "Made by", usage: "Split" };

function about(known) {
  const rows = Object.entries(WORDS).filter(([name]) => known[name]);
  if (known.rows > 1) rows.push(["rows", "Rows"]);
  if (!rows.length) return null;
  return make("dl", { class: "about" }, rows.map(([name, words]) => make("div", {}, make("dt", {}, words), make("dd", {}, String(known[name])))));
}
