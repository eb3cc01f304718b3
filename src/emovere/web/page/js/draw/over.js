// Boxes and bars over a moving picture, drawn at the screen's pace between the server's answers.

import { alternatives, percent, ranked } from "../words.js";
import { colourOf } from "./mix.js";

const EASE_MS = 55;
const STALE_MS = 3000;
export const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
export const NIGHT = "rgb(16 18 22 / 0.82)";

const symbols = new Map();

export function symbolOf(label) {
  if (!symbols.has(label)) {
    const image = new Image();
    image.src = `/page/icons/faces/${label}.svg`;
    symbols.set(label, image);
  }
  return symbols.get(label);
}

const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Draws on a canvas that lies over a video. `mirrored`, `symbols` and `bars` may be changed at any time. */
export class Over {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.mirrored = false;
    this.symbols = false;
    this.cover = false;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.clear();
  }

  clear() {
    this.shown = new Map();
    this.size = null;
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** A new answer. frame: of schema 1, its faces with track_id. */
  take(frame) {
    this.size = [frame.width, frame.height];
    this.heard = performance.now();
    const before = this.shown;
    this.shown = new Map(
      frame.faces.map((face) => {
        const known = before.get(face.track_id);
        return [face.track_id, { face, box: known?.box ?? [...face.box], side: known?.side }];
      }),
    );
  }

  /** Draw once; called for every picture of the screen. */
  paint(now) {
    const { canvas, pen } = this;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
      canvas.width = Math.round(wide * ratio);
      canvas.height = Math.round(high * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, high);
    const step = this.calm || !this.last ? 1 : 1 - Math.exp((this.last - now) / EASE_MS);
    this.last = now;
    if (!this.size || now - this.heard > STALE_MS) return;
    for (const one of this.shown.values()) one.box = one.box.map((value, k) => value + (one.face.box[k] - value) * step);
    const all = [...this.shown.values()].map((one) => ({ one, at: this.#place(one.box, wide, high) }));
    this.draw(all, wide, high);
  }

  /** Where a box of the picture lies on the canvas. */
  #place([x1, y1, x2, y2], wide, high) {
    const [width, height] = this.size;
    const scale = (this.cover ? Math.max : Math.min)(wide / width, high / height);
    const left = this.mirrored ? width - x2 : x1;
    return {
      x: (wide - width * scale) / 2 + left * scale,
      y: (high - height * scale) / 2 + y1 * scale,
      w: (x2 - x1) * scale,
      h: (y2 - y1) * scale,
    };
  }

  /** Draw everybody. all: [{one: {face}, at: {x, y, w, h}}] in pixels of the canvas. */
  draw(all, wide, high) {
    for (const { one, at } of all) this.box(one.face, at);
    if (this.symbols) for (const { one, at } of all) this.#symbol(one.face, at);
    const taken = [];
    for (const { one, at } of all) {
      const others = all.filter((other) => other.one !== one).map((other) => other.at);
      this.#panel(one, at, [...others, ...taken], taken, wide, high);
    }
  }

  box(face, { x, y, w, h }) {
    const { pen } = this;
    pen.lineJoin = "round";
    pen.setLineDash(face.uncertain ? [9, 6] : []);
    for (const [style, line] of [["rgb(16 18 22 / 0.5)", 6], [colourOf(face.emotion), 3.5]]) {
      pen.strokeStyle = style;
      pen.lineWidth = line;
      pen.beginPath();
      pen.roundRect(x, y, w, h, 8);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  #symbol(face, { x, y, w, h }) {
    const side = Math.max(44, 0.55 * Math.sqrt(w * h));
    this.pen.drawImage(symbolOf(face.emotion), x + w - 0.5 * side, Math.max(0, y - 0.5 * side), side, side);
  }

  /** The mix beside a face, on the first side with room for it; where there is none, its name alone. */
  #panel(one, at, busy, taken, wide, high) {
    const { pen } = this;
    const { face } = one;
    const font = Math.min(Math.max(0.105 * at.w, 11), 15);
    const doubt = face.uncertain ? `${alternatives(face) || face.emotion}?` : face.emotion;
    const title = face.track_id === null ? doubt : `#${face.track_id}  ${doubt}`;
    pen.font = `600 ${font}px ${FONT}`;
    const named = pen.measureText(title).width + 1.4 * font;
    for (const rows of [ranked(face.probs).slice(0, 3), []]) {
      const [w, h] = [rows.length ? Math.max(12.5 * font, named) : named, (1.5 * (rows.length + 1) + 0.7) * font];
      const sides = {
        under: [at.x + (at.w - w) / 2, at.y + at.h + 6],
        over: [at.x + (at.w - w) / 2, at.y - h - 6],
        right: [at.x + at.w + 8, at.y],
        left: [at.x - w - 8, at.y],
      };
      // the side of the last time comes first, because a panel that jumps about is not read
      const order = [one.side, ...Object.keys(sides).filter((side) => side !== one.side)].filter(Boolean);
      const places = order.map((side) => {
        const [x, y] = sides[side];
        return { side, x: Math.min(Math.max(x, 4), Math.max(wide - w - 4, 4)), y, w, h };
      });
      const free = places.find((place) => place.y >= 2 && place.y + h <= high - 2 && !busy.some((other) => overlap(place, other)) && !overlap(place, at));
      const place = free ?? (rows.length ? null : { ...places[0], y: Math.min(places[0].y, high - h - 2) });
      if (!place) continue;
      one.side = place.side;
      taken.push(place);
      this.#write(place, title, rows, font);
      return;
    }
  }

  #write({ x, y, w, h }, title, rows, font) {
    const { pen } = this;
    pen.fillStyle = NIGHT;
    pen.beginPath();
    pen.roundRect(x, y, w, h, 8);
    pen.fill();
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.fillStyle = "#ffffff";
    let line = y + 1.1 * font;
    pen.fillText(title, x + 0.7 * font, line);
    pen.font = `400 ${font}px ${FONT}`;
    const [from, to] = [x + 5.3 * font, x + w - 3.4 * font];
    for (const [label, share] of rows) {
      line += 1.5 * font;
      pen.fillStyle = "#dfe2e7";
      pen.fillText(label, x + 0.7 * font, line);
      pen.fillStyle = "rgb(255 255 255 / 0.18)";
      pen.fillRect(from, line - 0.28 * font, to - from, 0.56 * font);
      pen.fillStyle = colourOf(label);
      pen.fillRect(from, line - 0.28 * font, (to - from) * share, 0.56 * font);
      pen.textAlign = "right";
      pen.fillStyle = "#dfe2e7";
      pen.fillText(percent(share), x + w - 0.6 * font, line);
      pen.textAlign = "left";
    }
  }
}
