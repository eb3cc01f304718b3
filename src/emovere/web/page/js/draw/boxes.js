// Faces boxed and numbered on a still picture.

import { draw } from "../dom.js";
import { headline } from "../words.js";
import { colourOf } from "./mix.js";

/** An overlay for a picture. frame: of schema 1. Gives the SVG element and `mark(number, on)`. */
export function boxes(frame, { onpick }) {
  const { width, height } = frame;
  const side = Math.max(width, height);
  const drawn = frame.faces.map((face, place) => {
    const [x1, y1, x2, y2] = face.box;
    const size = { x: x1, y: y1, width: Math.max(x2 - x1, 1), height: Math.max(y2 - y1, 1), rx: 0.06 * (x2 - x1) };
    // numbers stay readable on small faces, and do not cover them
    const radius = Math.min(Math.max(0.022 * side, 0.1 * (x2 - x1)), 0.035 * side);
    const at = { x: Math.min(Math.max(x1, radius), width - radius), y: Math.min(Math.max(y1, radius), height - radius) };
    return draw(
      "g",
      { class: face.uncertain ? "box unsure" : "box", "--colour": colourOf(face.emotion), onclick: () => onpick(place + 1) },
      draw("rect", { class: "box-halo", ...size }),
      draw("rect", { class: "box-line", ...size }),
      draw("circle", { class: "box-badge", cx: at.x, cy: at.y, r: radius }),
      draw("text", { class: "box-number", x: at.x, y: at.y, "font-size": 1.25 * radius }, String(place + 1)),
    );
  });
  const words = frame.faces.map((face, place) => `${place + 1} ${headline(face)}`).join("; ") || "no face";
  return {
    element: draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Faces: ${words}` }, drawn),
    mark: (number, on) => drawn[number - 1]?.classList.toggle("marked", on),
  };
}
