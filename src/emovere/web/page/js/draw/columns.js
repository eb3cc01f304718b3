// The mix of expressions by day, week, month or hour: a column each, with the same numbers as a table.

import { draw, make, symbol, whenWide } from "../dom.js";
import { duration, mixWords, ordered, percent } from "../words.js";
import { colourOf } from "./mix.js";

const HEIGHT = 240;
const TOP = 12;
const BOTTOM = 30;
const LEFT = 46;
const WIDEST = 64;
const NARROWEST = 13;

/** Columns with a legend that picks one expression out. rows: [{name, long, seconds, means}]; means null for none. */
export function columns({ rows, labels, name }) {
  const stack = ordered(labels);
  const holder = make("div", { class: "chart" });
  const element = make("div");
  const note = make("p", { class: "fine said" });
  const buttons = stack.map((label) =>
    make("button", { type: "button", "aria-pressed": "false", onclick: () => pick(label) }, make("span", { class: "chip", "--colour": colourOf(label) }), symbol(label), label),
  );
  let picked = null;
  let width = 0;

  function pick(label) {
    picked = picked === label ? null : label;
    stack.forEach((one, k) => buttons[k].setAttribute("aria-pressed", String(one === picked)));
    redraw();
  }

  function redraw() {
    if (!width) return;
    const shown = picked ? [picked] : stack;
    const most = picked ? scale(Math.max(...rows.map((row) => row.means?.[picked] ?? 0))) : 1;
    const fitting = Math.max(1, Math.floor((width - LEFT) / NARROWEST));
    note.textContent = rows.length > fitting ? `The last ${fitting}; the table has all ${rows.length}.` : "";
    holder.replaceChildren(chart(rows.slice(-fitting), shown, most, width, name, holder));
  }

  whenWide(holder, (now) => {
    width = now;
    redraw();
  });
  element.append(
    holder,
    note,
    make("ul", { class: "legend", "aria-label": "Show one expression alone" }, buttons.map((one) => make("li", {}, one))),
    table(rows, stack, name),
  );
  return element;
}

/** A round top of the axis, at least as high as the highest value. */
const scale = (highest) => [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1].find((top) => top >= highest) ?? 1;

function chart(rows, shown, most, width, name, holder) {
  const step = (width - LEFT) / Math.max(rows.length, 1);
  const wide = Math.min(step * 0.78, WIDEST);
  const high = HEIGHT - TOP - BOTTOM;
  const y = (share) => TOP + high * (1 - share / most);
  const picture = draw("svg", { height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": `${name}; the table below has the numbers` });
  for (const part of [0, 0.5, 1]) {
    const at = y(part * most);
    picture.append(
      draw("line", { class: "grid", x1: LEFT, x2: width, y1: at, y2: at }),
      draw("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, percent(part * most)),
    );
  }
  const every = Math.ceil((46 * rows.length) / Math.max(width - LEFT, 1));
  const tip = make("div", { class: "tip", hidden: true });
  const drawn = draw("g", { class: "columns" });
  rows.forEach((row, place) => {
    const middle = LEFT + step * (place + 0.5);
    if (place % every === 0) picture.append(draw("text", { x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, row.name));
    if (row.means) drawn.append(column(row, { shown, y, middle, wide, step, high, width, tip, holder }));
  });
  picture.append(drawn);
  queueMicrotask(() => holder.append(tip));
  return picture;
}

function column(row, { shown, y, middle, wide, step, high, width, tip, holder }) {
  const words = `${row.long}: ${mixWords(row.means, 4)}; ${duration(row.seconds)} kept`;
  const group = draw("g", { class: "column", tabindex: 0, role: "img", "aria-label": words });
  group.append(draw("rect", { class: "back", x: middle - step / 2, y: TOP - 6, width: step, height: high + 6, rx: 6 }));
  let floor = 0;
  for (const label of shown) {
    const share = row.means[label] ?? 0;
    const [top, bottom] = [y(floor + share), y(floor)];
    floor += share;
    if (bottom - top < 0.3) continue;
    group.append(draw("rect", { x: middle - wide / 2, width: wide, y: top, height: bottom - top, fill: colourOf(label) }));
    const side = Math.min(22, wide - 4, bottom - top - 4);
    // told by its face as well, where there is room for one
    if (side >= 13) group.append(draw("image", { href: `/page/icons/faces/${label}.svg`, x: middle - side / 2, y: (top + bottom) / 2 - side / 2, width: side, height: side }));
  }
  const show = () => {
    tip.replaceChildren(make("b", {}, row.long), make("p", {}, mixWords(row.means, 8)), make("p", { class: "fine" }, `${duration(row.seconds)} kept`));
    tip.hidden = false;
    tip.style.left = `${Math.max(0, Math.min(width - tip.offsetWidth, middle - tip.offsetWidth / 2))}px`;
    tip.style.bottom = `${holder.clientHeight - TOP + 4}px`;
  };
  const hide = () => (tip.hidden = true);
  for (const [event, what] of [["pointerenter", show], ["pointerleave", hide], ["focus", show], ["blur", hide]]) group.addEventListener(event, what);
  return group;
}

function table(rows, labels, name) {
  const head = make("tr", {}, ["", "kept", ...labels].map((text) => make("th", { scope: "col" }, text)));
  const lines = rows
    .filter((row) => row.means)
    .map((row) =>
      make("tr", {}, make("th", { scope: "row" }, row.long), make("td", {}, duration(row.seconds)), labels.map((label) => make("td", {}, label in row.means && row.means[label] !== null ? percent(row.means[label]) : "–"))),
    );
  const caption = make("caption", { class: "unseen" }, name);
  const scroll = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${name}` }, make("table", {}, caption, make("thead", {}, head), make("tbody", {}, lines)));
  return make("details", { class: "numbers" }, make("summary", {}, "As a table"), scroll);
}
