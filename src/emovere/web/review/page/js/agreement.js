// Who has voted on how much, and how far they agree.

import { get, query } from "/page/js/api.js";
import { button, byId, draw, make } from "/page/js/dom.js";
import { counted } from "./words.js";

/** Draws the view. disputed: called to show the faces on which people differ. */
export async function drawAgreement(desk, disputed) {
  const found = await get(`/v1/review/agreement${query({ labeller: desk.labeller })}`);
  byId("view-agreement").replaceChildren(
    make("h2", { id: "title-agreement", tabIndex: -1 }, "Agreement"),
    people(found),
    kappas(found),
    make(
      "div",
      { class: "card row apart" },
      make(
        "p",
        {},
        make("b", {}, counted(found.disputed)),
        found.disputed === 1 ? " face on which people differ" : " faces on which people differ",
        desk.settings.blind ? " (of those you have voted on)" : "",
      ),
      found.disputed ? button("Look at them", { kind: "small", onclick: disputed }) : null,
    ),
  );
}

function people({ voted, faces }) {
  const rows = Object.entries(voted).map(([name, count]) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", {}, counted(count)),
      make("td", { class: "wide" }, make("span", { class: "share", "aria-hidden": "true" }, make("i", { "--share": count / faces }))),
    ),
  );
  if (!rows.length) return make("p", { class: "card" }, "Nobody has voted yet.");
  const head = make("tr", {}, make("th", { scope: "col" }, "Labeller"), make("th", { scope: "col" }, "Faces"), make("td", {}));
  return make("div", { class: "card" }, make("table", { class: "people" }, make("thead", {}, head), make("tbody", {}, rows)));
}

function kappas({ agreements }) {
  if (!agreements.length) {
    return make("p", { class: "card pale" }, "Agreement is told as soon as two labellers have voted on the same face.");
  }
  const head = ["Who", "Kappa", "95 % interval", "Same", "Faces", ""].map((word) => make("th", { scope: "col" }, word));
  return make(
    "div",
    { class: "card" },
    make(
      "div",
      { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Table: kappa" },
      make("table", { id: "kappas" }, make("thead", {}, make("tr", {}, head)), make("tbody", {}, agreements.map(row))),
    ),
    make("p", { class: "fine" }, "1 is agreement on every face, 0 what chance would give. Cohen’s kappa for two labellers, Fleiss’ for all together, on the faces on which each of them has voted."),
  );
}

const two = (value) => value.toFixed(2);

function row({ labellers, faces, same, kappa, low, high }) {
  const said = kappa === null ? "–" : kappa.toFixed(3);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, labellers.join(", ")),
    make("td", {}, make("b", {}, said)),
    make("td", {}, kappa === null ? "–" : `${two(low)} to ${two(high)}`),
    make("td", {}, same === null ? "–" : `${Math.round(1000 * same) / 10} %`),
    make("td", {}, counted(faces)),
    make("td", {}, kappa === null ? "" : scale(kappa, low, high)),
  );
}

function scale(kappa, low, high) {
  const x = (value) => 4 + 112 * Math.min(Math.max(value, 0), 1);
  return draw(
    "svg",
    { class: "kappa", viewBox: "0 0 120 20", "aria-hidden": "true" },
    draw("line", { x1: 4, x2: 116, y1: 10, y2: 10, class: "kappa-rule" }),
    draw("line", { x1: x(low), x2: x(high), y1: 10, y2: 10, class: "kappa-span" }),
    draw("circle", { cx: x(kappa), cy: 10, r: 4.5, class: "kappa-dot" }),
  );
}
