// Large symbols over each head, with one word: for a room, and for somebody who learns to read faces.

import { alternatives } from "../words.js";
import { FONT, NIGHT, Over, symbolOf } from "./over.js";

const LEAST = 72;
const GAP = 8;

/** Draws a symbol and a word for each face in place of boxes and bars. */
export class Giant extends Over {
  /** Pixels at the upper edge that belong to something else. */
  ceiling = 0;

  draw(all, wide, high) {
    // those behind first, so that the nearest are on top
    const order = [...all].sort((a, b) => a.at.w - b.at.w);
    for (const { one, at } of order) {
      this.box(one.face, at);
      this.#face(one.face, at, wide, high);
    }
  }

  #face(face, at, wide, high) {
    const { pen } = this;
    const { left, top, side } = this.#spot(at, wide, high);
    const font = Math.min(Math.max(0.2 * side, 20), 44);
    pen.drawImage(symbolOf(face.emotion), left, top, side, side);
    if (face.uncertain) this.#doubt(left + 0.86 * side, top + 0.84 * side, 0.17 * side);
    const words = face.uncertain ? `${alternatives(face).replace(/,? or others$/, "") || face.emotion}?` : face.emotion;
    pen.font = `700 ${font}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const width = pen.measureText(words).width + 1.2 * font;
    const middle = Math.min(Math.max(at.x + at.w / 2, width / 2 + 8), wide - width / 2 - 8);
    const line = Math.min(at.y + at.h + 1.1 * font, high - font);
    pen.fillStyle = NIGHT;
    pen.beginPath();
    pen.roundRect(middle - width / 2, line - 0.8 * font, width, 1.6 * font, 0.8 * font);
    pen.fill();
    pen.fillStyle = "#ffffff";
    pen.fillText(words, middle, line + 0.05 * font);
  }

  /** Over the head; where the head is near the upper edge, beside it on the side with more room, never on the face. */
  #spot(at, wide, high) {
    const wanted = Math.min(Math.max(0.95 * at.w, LEAST), 0.42 * high);
    const held = (left, side) => Math.min(Math.max(left, GAP), Math.max(wide - side - GAP, GAP));
    const over = at.y - wanted - GAP;
    if (over >= this.ceiling) return { left: held(at.x + (at.w - wanted) / 2, wanted), top: over, side: wanted };
    const right = wide - at.x - at.w;
    const side = Math.min(wanted, Math.max(Math.max(right, at.x) - 2 * GAP, LEAST));
    const left = right >= at.x ? at.x + at.w + GAP : at.x - side - GAP;
    return { left: held(left, side), top: Math.max(GAP + this.ceiling, at.y), side };
  }

  #doubt(x, y, radius) {
    const { pen } = this;
    pen.fillStyle = "#101216";
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fill();
    pen.font = `700 ${1.4 * radius}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = "#ffffff";
    pen.fillText("?", x, y + 0.1 * radius);
  }
}
