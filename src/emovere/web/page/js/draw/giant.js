// Large symbols over each head, with one word: for a room, and for somebody who learns to read faces.

import { alternatives } from "../words.js";
import { FONT, NIGHT, Over, symbolOf } from "./over.js";

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
    const side = Math.min(Math.max(0.95 * at.w, 72), 0.42 * high);
    const font = Math.min(Math.max(0.2 * side, 20), 44);
    // over the head; beside it where the head is near the upper edge
    const above = at.y - side - 8 >= this.ceiling;
    const x = above ? at.x + (at.w - side) / 2 : at.x + at.w - 0.35 * side;
    const left = Math.min(Math.max(x, 8), Math.max(wide - side - 8, 8));
    const top = above ? at.y - side - 8 : Math.max(8 + this.ceiling, at.y - 0.35 * side);
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
