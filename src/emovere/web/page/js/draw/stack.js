// What a lane looks like: stretches of time, stacked areas, names inside them, episodes and an axis.

import { draw } from "../dom.js";
import { inkOn, ticks } from "../words.js";
import { colourOf } from "./mix.js";

export const MARKS = 20;
export const AREA = 66;

const NAMED_SHARE = 0.42;
const NAMED_LENGTH = 0.09;

/** Points of a person in stretches without a gap. points: [{t, probs: {label: share}}], by time. */
export function stretches(points, gap) {
  const found = [];
  for (const point of points) {
    const last = found.at(-1)?.at(-1);
    if (last && point.t - last.t <= gap) found.at(-1).push(point);
    else found.push([point]);
  }
  return found;
}

/** A path a label and stretch, in a box of 10000 x 1000. at: second -> x; half: seconds that a reading reaches. */
export function areas(pieces, labels, at, half) {
  return pieces.flatMap((piece) => {
    // a reading stands for the time around it, so that a single one can be seen, too
    const whole = [{ ...piece[0], t: piece[0].t - half }, ...piece, { ...piece.at(-1), t: piece.at(-1).t + half }];
    const floor = whole.map(() => 0);
    return labels.map((label) => {
      const lower = whole.map((point, n) => `${at(point.t)} ${1000 * (1 - floor[n])}`);
      whole.forEach((point, n) => (floor[n] += point.probs[label] ?? 0));
      const upper = whole.map((point, n) => `${at(point.t)} ${Math.max(0, 1000 * (1 - floor[n]))}`);
      return draw("path", { fill: colourOf(label), d: `M${upper.join("L")}L${lower.reverse().join("L")}Z` });
    });
  });
}

/** The longest run in which a label holds much of the mix: [first, last] place, or null. */
function longestRun(piece, label) {
  let best = null;
  let begin = null;
  piece.forEach((point, n) => {
    if ((point.probs[label] ?? 0) <= NAMED_SHARE) {
      begin = null;
      return;
    }
    begin ??= n;
    if (!best || point.t - piece[begin].t > piece[best[1]].t - piece[best[0]].t) best = [begin, n];
  });
  return best;
}

/** Names inside the areas that have room for them: at most one place a label in each stretch. */
export function names(pieces, labels, share, length) {
  return pieces.flatMap((piece) => {
    const floor = piece.map(() => 0);
    const found = [];
    for (const label of labels) {
      const run = longestRun(piece, label);
      if (run && piece[run[1]].t - piece[run[0]].t > NAMED_LENGTH * length) {
        const middle = Math.floor((run[0] + run[1]) / 2);
        const height = floor[middle] + piece[middle].probs[label] / 2;
        const place = { x: `${100 * share(piece[middle].t)}%`, y: MARKS + AREA * (1 - height), fill: inkOn(label) };
        found.push(draw("text", { class: "lane-name", ...place }, label));
      }
      piece.forEach((point, n) => (floor[n] += point.probs[label] ?? 0));
    }
    return found;
  });
}

/** Comings and goings as lines, expressions that were told as bars over the lane. */
export function marks(events, share, last) {
  const found = [];
  for (const event of events.filter(({ kind }) => kind === "enter" || kind === "leave")) {
    const x = `${100 * share(event.time_s)}%`;
    found.push(draw("line", { class: "mark", x1: x, x2: x, y1: MARKS - 5, y2: MARKS + AREA }));
  }
  for (const [begin, end, emotion] of episodes(events, last)) {
    const size = { x: `${100 * share(begin)}%`, width: `${Math.max(100 * (share(end) - share(begin)), 0.3)}%` };
    found.push(draw("rect", { class: "episode", ...size, y: 6, height: 7, "--colour": colourOf(emotion) }));
  }
  return found;
}

/** [begin, end, emotion] of each expression that was told; one that did not end lasts to the end. */
function episodes(events, last) {
  const found = [];
  for (const event of events) {
    if (event.kind === "onset") found.push([event.time_s, last, event.emotion]);
    if (event.kind === "offset") {
      const open = found.findLast((one) => one[2] === event.emotion && one[1] === last);
      if (open) open[1] = event.time_s;
    }
  }
  return found;
}

/** A time axis. */
export function axis(span, share) {
  const drawn = ticks(span[0], span[1]).map(([t, text], place) => {
    const x = `${100 * share(t)}%`;
    const edge = share(t) < 0.02 ? "first" : share(t) > 0.97 ? "last" : "";
    const line = draw("line", { class: "ground", x1: x, x2: x, y1: 0, y2: 5 });
    return draw("g", { class: place % 2 ? "odd" : "" }, line, draw("text", { class: edge, x, y: 20 }, text));
  });
  return draw("svg", {}, drawn);
}
