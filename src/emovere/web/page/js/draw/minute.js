// The last minute of each person, running from right to left.

import { ordered } from "../words.js";
import { colourOf } from "./mix.js";

const SECONDS = 60;
const GAP_S = 3;
const LANES = 4;
const LEFT = 44;

/** Keeps readings of the last minute and draws them on a canvas. */
export class Minute {
  constructor(canvas, labels) {
    this.canvas = canvas;
    this.labels = ordered(labels);
    this.people = new Map();
    this.drawn = 0;
  }

  take(frame, now = performance.now() / 1000) {
    for (const face of frame.faces) {
      if (!this.people.has(face.track_id)) this.people.set(face.track_id, []);
      this.people.get(face.track_id).push([now, this.labels.map((label) => face.probs[label] ?? 0)]);
    }
    for (const [id, readings] of this.people) {
      while (readings.length && readings[0][0] < now - SECONDS - 2) readings.shift();
      if (!readings.length) this.people.delete(id);
    }
  }

  /** Draw at most ten times a second. */
  paint(milliseconds) {
    if (milliseconds - this.drawn < 100 || !this.canvas.clientWidth) return;
    this.drawn = milliseconds;
    const lanes = [...this.people].slice(-LANES);
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight];
    this.canvas.width = wide * ratio;
    this.canvas.height = high * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    this.look = {
      ink: style.color,
      font: `13px ${style.fontFamily}`,
      bold: `700 14px ${style.fontFamily}`,
    };
    const depth = (high - 24) / Math.max(lanes.length, 1);
    lanes.forEach(([id, readings], place) => this.#lane(pen, id, readings, place * depth, depth - 8, wide));
    this.#axis(pen, wide, high);
  }

  #lane(pen, id, readings, top, height, wide) {
    const now = this.drawn / 1000;
    const x = (time) => LEFT + (wide - LEFT) * (1 - (now - time) / SECONDS);
    pen.fillStyle = this.look.ink;
    pen.font = this.look.bold;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillText(`#${id}`, 0, top + height / 2);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, top, wide - LEFT, height);
    pen.clip();
    for (const piece of pieces(readings)) {
      const floor = piece.map(() => 0);
      this.labels.forEach((label, k) => {
        pen.beginPath();
        piece.forEach(([time], n) => pen.lineTo(x(time), top + height * (1 - floor[n])));
        for (let n = piece.length - 1; n >= 0; n -= 1) {
          floor[n] += piece[n][1][k];
          pen.lineTo(x(piece[n][0]), top + height * (1 - floor[n]));
        }
        pen.fillStyle = colourOf(label);
        pen.fill();
      });
    }
    pen.restore();
  }

  #axis(pen, wide, high) {
    pen.fillStyle = this.look.ink;
    pen.font = this.look.font;
    pen.textBaseline = "alphabetic";
    for (const [ago, align] of [[60, "left"], [40, "center"], [20, "center"], [0, "right"]]) {
      pen.textAlign = align;
      pen.fillText(ago ? `${ago} s ago` : "now", LEFT + (wide - LEFT) * (1 - ago / SECONDS), high - 4);
    }
  }
}

function pieces(readings) {
  const found = [];
  for (const reading of readings) {
    const last = found.at(-1)?.at(-1);
    if (last && reading[0] - last[0] < GAP_S) found.at(-1).push(reading);
    else found.push([reading]);
  }
  return found;
}
