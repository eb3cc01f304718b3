// Two stretches of time compared: the difference of each expression with its interval, as a chart and as a table.

import { draw, make, whenWide } from "../dom.js";
import { percent } from "../words.js";
import { colourOf } from "./mix.js";

const ROW = 40;
const TOP = 34;
const LEFT = 96;
const RIGHT = 24;

/** Differences. rows: [{label, before, after, difference, low, high}], shares of 1; low and high null where unknown. */
export function whiskers(rows) {
  const holder = make("div", { class: "chart" });
  whenWide(holder, (width) => holder.replaceChildren(chart(rows, width)));
  return make("div", {}, holder, table(rows));
}

/** Differences under half a point of a hundred are not worth a word, however sure they are. */
const LEAST = 0.005;

/** A difference of shares in points: "+5.2". */
export function points(share) {
  const text = (100 * Math.abs(share)).toFixed(1);
  return text === "0.0" ? text : `${share < 0 ? "−" : "+"}${text}`;
}

/** Whether something can be claimed of an expression. */
export const told = (row) => row.low !== null && Math.abs(row.difference) >= LEAST && (row.low > 0 || row.high < 0);

/** What can be claimed of one expression. */
export function verdict(row) {
  if (row.difference === null) return "not seen on both sides";
  if (row.low === null) return "too little to say";
  if (told(row)) return row.difference > 0 ? "more than before" : "less than before";
  return "no difference worth telling";
}

function chart(rows, width) {
  const reach = Math.max(0.05, ...rows.flatMap((row) => [row.difference, row.low, row.high]).map((value) => Math.abs(value ?? 0)));
  const most = [0.05, 0.1, 0.2, 0.3, 0.5, 1].find((top) => top >= reach) ?? 1;
  const x = (share) => LEFT + (width - LEFT - RIGHT) * (0.5 + share / (2 * most));
  const height = TOP + ROW * rows.length;
  const picture = draw("svg", { height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Differences between before and after; the table below has the numbers" });
  for (const part of [-1, -0.5, 0, 0.5, 1]) {
    const at = x(part * most);
    picture.append(
      draw("line", { class: part ? "grid" : "zero", x1: at, x2: at, y1: TOP - 8, y2: height }),
      draw("text", { x: at, y: 16, "text-anchor": "middle" }, part ? `${points(part * most).replace(/\.0$/, "")}` : "same"),
    );
  }
  rows.forEach((row, place) => {
    const y = TOP + ROW * (place + 0.5);
    picture.append(
      draw("image", { href: `/page/icons/faces/${row.label}.svg`, x: 0, y: y - 11, width: 22, height: 22 }),
      draw("text", { class: "strong", x: 28, y: y + 5 }, row.label),
    );
    if (row.difference === null) return;
    if (row.low !== null) picture.append(draw("line", { class: "whisker", x1: x(row.low), x2: x(row.high), y1: y, y2: y }));
    picture.append(draw("circle", { class: "point", cx: x(row.difference), cy: y, r: 7, "--colour": colourOf(row.label) }));
  });
  return picture;
}

function table(rows) {
  const head = ["expression", "before", "after", "points", "95 %", ""];
  const share = (value) => (value === null ? "–" : percent(value));
  const lines = rows.map((row) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, row.label),
      make("td", {}, share(row.before)),
      make("td", {}, share(row.after)),
      make("td", {}, row.difference === null ? "–" : points(row.difference)),
      make("td", {}, row.low === null ? "–" : `${points(row.low)} to ${points(row.high)}`),
      make("td", {}, verdict(row)),
    ),
  );
  const made = make("table", {}, make("thead", {}, make("tr", {}, head.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, lines));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table: before and after" }, made);
}
