// Expressions over time, a lane a person: to point at, to walk through by keyboard, and to read in words.

import { draw, make } from "../dom.js";
import { clock, counted, duration, mixWords, ordered } from "../words.js";
import { mix } from "./mix.js";
import { AREA, MARKS, areas, axis, marks, names, stretches } from "./stack.js";

const MOST_IN_TIP = 4;

/**
 * Lanes of several people on one time axis. `element` is to be shown.
 *
 * people: [{id, name, points: [{t, probs}]}]; events: [{kind, time_s, track_id, emotion}]; span: [begin, end] in
 * seconds; gap: seconds without a reading after which somebody was away; step: seconds that a reading stands for;
 * tips: whether the mix is shown beside the pointer; onpoint: called with the second that is pointed at.
 */
export class Lanes {
  constructor({ people, labels, events = [], span, gap = 1.5, step = 0.1, tips = true, onpoint = () => {} }) {
    Object.assign(this, { span, step, tips, onpoint });
    this.now = span[0];
    this.length = Math.max(span[1] - span[0], 1e-3);
    this.labels = ordered(labels);
    this.lanes = people.map((person) => this.#lane(person, gap, events.filter((event) => event.track_id === person.id)));
    this.element = make(
      "div",
      { class: "lanes" },
      this.lanes.map((lane) => lane.element),
      make("div", { class: "lane", "aria-hidden": "true" }, make("div"), make("div", { class: "axis" }, axis(span, (t) => this.#share(t)))),
    );
  }

  /** Moves the cursors of all lanes to a second. */
  show(second) {
    this.now = Math.min(Math.max(second, this.span[0]), this.span[1]);
    for (const lane of this.lanes) {
      const point = this.#at(lane);
      lane.cursor.hidden = false;
      lane.cursor.style.left = `${100 * this.#share(this.now)}%`;
      lane.plot.setAttribute("aria-valuenow", this.now.toFixed(2));
      lane.plot.setAttribute("aria-valuetext", `${clock(this.now, true)}, ${point ? mixWords(point.probs) : "away"}`);
    }
  }

  #share(t) {
    return (t - this.span[0]) / this.length;
  }

  #lane(person, gap, events) {
    const pieces = stretches(person.points, gap);
    const seen = duration(pieces.reduce((sum, piece) => sum + piece.at(-1).t - piece[0].t + this.step, 0));
    const [begin, end] = this.span;
    const cursor = make("div", { class: "cursor", hidden: true });
    const tip = make("div", { class: "tip", hidden: true });
    const plot = make(
      "div",
      {
        class: "plot",
        tabindex: 0,
        role: "slider",
        "aria-label": `${person.name}, seen for ${seen}; arrow keys walk through time`,
        "aria-valuemin": begin.toFixed(2),
        "aria-valuemax": end.toFixed(2),
        "aria-valuenow": begin.toFixed(2),
        "aria-valuetext": clock(begin, true),
      },
      this.#picture(pieces, events),
      cursor,
      tip,
    );
    const who = make("div", { class: "who" }, make("b", {}, person.name), `${seen} seen`);
    const times = events.map((event) => event.time_s).sort((a, b) => a - b);
    const lane = { person, pieces, plot, cursor, tip, times, element: make("div", { class: "lane" }, who, plot) };
    this.#listen(lane);
    return lane;
  }

  #picture(pieces, events) {
    const share = (t) => this.#share(t);
    const across = (t) => Math.round(10000 * Math.min(Math.max(share(t), 0), 1));
    const box = { y: MARKS, width: "100%", height: AREA, viewBox: "0 0 10000 1000", preserveAspectRatio: "none" };
    return draw(
      "svg",
      { "aria-hidden": "true" },
      draw("line", { class: "ground", x1: 0, x2: "100%", y1: MARKS + AREA, y2: MARKS + AREA }),
      draw("svg", { class: "areas", ...box }, areas(pieces, this.labels, across, this.step / 2)),
      names(pieces, this.labels, share, this.length),
      marks(events, share, this.span[1]),
    );
  }

  #listen(lane) {
    const { plot } = lane;
    const hide = () => (lane.tip.hidden = true);
    const point = (event) => {
      const box = plot.getBoundingClientRect();
      this.#go(lane, this.span[0] + ((event.clientX - box.left) / box.width) * this.length);
    };
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && this.#go(lane, this.now));
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      const target = this.#target(lane, event);
      if (target === undefined) return;
      event.preventDefault();
      this.#go(lane, target);
    });
  }

  /** The second that a key leads to. */
  #target({ times }, { key, shiftKey }) {
    const pace = this.length / (shiftKey ? 20 : 100);
    return {
      ArrowRight: this.now + pace,
      ArrowUp: this.now + pace,
      ArrowLeft: this.now - pace,
      ArrowDown: this.now - pace,
      Home: this.span[0],
      End: this.span[1],
      PageDown: times.find((t) => t > this.now + 1e-3) ?? this.span[1],
      PageUp: times.filter((t) => t < this.now - 1e-3).at(-1) ?? this.span[0],
    }[key];
  }

  #go(lane, second) {
    this.show(second);
    if (this.tips) this.#tell(lane);
    this.onpoint(this.now);
  }

  #at({ pieces }) {
    const piece = pieces.find((one) => this.now >= one[0].t - this.step && this.now <= one.at(-1).t + this.step);
    const nearer = (best, point) => (Math.abs(point.t - this.now) < Math.abs(best.t - this.now) ? point : best);
    return piece?.reduce(nearer) ?? null;
  }

  #tell(lane) {
    const { plot, tip, person } = lane;
    const point = this.#at(lane);
    tip.replaceChildren(make("b", {}, `${person.name}  ${clock(this.now, true)}`), point ? mix(point.probs, "", MOST_IN_TIP) : "away");
    tip.hidden = false;
    const middle = this.#share(this.now) * plot.clientWidth - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(plot.clientWidth - tip.offsetWidth, middle))}px`;
  }
}

/** Everybody in one line each, for those who cannot see the lanes. */
export function inWords(people) {
  const lines = people.map(({ name, points }) => {
    const sums = {};
    for (const { probs } of points) for (const [label, share] of Object.entries(probs)) sums[label] = (sums[label] ?? 0) + share;
    const means = Object.fromEntries(Object.entries(sums).map(([label, sum]) => [label, sum / points.length]));
    return make("li", {}, make("b", {}, name), ` ${mixWords(means)} (mean of ${counted(points.length, "reading")})`);
  });
  return make("ul", {}, lines);
}
