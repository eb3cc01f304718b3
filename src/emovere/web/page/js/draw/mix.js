// A face in words and bars: the mix of expressions that it shows.

import { make, symbol } from "../dom.js";
import { COLOURS, alternatives, headline, ordered, percent, ranked } from "../words.js";

export const colourOf = (label) => COLOURS[label] ?? "#bbbbbb";

function row(label, share) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("i", { "--share": share, "--colour": colourOf(label) }));
  return make("li", {}, make("span", {}, label), bar, make("span", { class: "share" }, percent(share)));
}

/** Bars, likeliest first; all of them unless a number is given. */
export function mix(probs, name, most = Infinity) {
  const list = make("ul", { class: "mix", "aria-label": name || null });
  ranked(probs).slice(0, most).forEach(([label, share], place) => {
    const made = row(label, share);
    made.classList.toggle("first", place === 0);
    list.append(made);
  });
  return list;
}

/** What stands over the bars: the expression, or what the doubt is about. */
export function said(face) {
  if (!face.uncertain) return [headline(face)];
  return [make("span", { class: "unsure" }, "unsure"), alternatives(face) || face.emotion];
}

/** A face of a photo. face: of schema 1, with its crop if there is one. */
export function faceCard(face, number, { onmark }) {
  const card = make(
    "article",
    { class: "face", "aria-label": `Face ${number}: ${headline(face)}` },
    make("header", {}, make("span", { class: "badge" }, String(number)), symbol(face.emotion), make("h3", {}, said(face))),
    mix(face.probs, `Mix of expressions of face ${number}`),
  );
  if (face.crop?.startsWith("data:image/png;base64,")) {
    card.append(
      make(
        "figure",
        { class: "saw" },
        make("img", { class: "crop", src: face.crop, alt: `Face ${number} as the network saw it`, width: 48, height: 48 }),
        make("figcaption", {}, "What the network saw: 48 × 48 pixels, grey."),
      ),
    );
  }
  for (const [event, on] of [["pointerenter", true], ["pointerleave", false]]) {
    card.addEventListener(event, () => onmark(number, on));
  }
  return card;
}

/** A person before the camera, whose bars move but keep their places. */
export class PersonCard {
  constructor(id, labels) {
    this.labels = ordered(labels);
    this.symbol = symbol("neutral");
    this.title = make("h3");
    this.rows = new Map(this.labels.map((label) => [label, row(label, 0)]));
    this.element = make(
      "article",
      { class: "face", "aria-label": `Person ${id}` },
      make("header", {}, make("span", { class: "badge" }, `#${id}`), this.symbol, this.title),
      make("ul", { class: "mix", "aria-label": `Mix of expressions of person ${id}` }, [...this.rows.values()]),
    );
  }

  show(face) {
    const source = `/page/icons/faces/${face.emotion}.svg`;
    if (!this.symbol.src.endsWith(source)) this.symbol.src = source;
    this.title.replaceChildren(...said(face));
    for (const [label, item] of this.rows) {
      const share = face.probs[label] ?? 0;
      item.children[1].firstChild.style.setProperty("--share", share);
      item.children[2].textContent = percent(share);
      item.classList.toggle("first", label === face.emotion);
    }
  }
}

/** The expressions with their colours and symbols. */
export const legend = (labels) =>
  ordered(labels).map((label) => make("li", {}, make("span", { class: "chip", "--colour": colourOf(label) }), symbol(label), label));

/** A strip of shares, small enough for a list; its words stand beside it. */
export function strip(means) {
  const parts = ordered(Object.keys(means)).map((label) =>
    make("i", { "--share": means[label] ?? 0, "--colour": colourOf(label) }),
  );
  return make("span", { class: "strip", "aria-hidden": "true" }, parts);
}

export const working = (text) => make("p", { class: "working" }, make("span", { class: "spin" }), text);
