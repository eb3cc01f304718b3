// Mending a crop: a square on the whole picture, moved and drawn by pointer or by keys, with what it will show beside it.

import { query, request } from "/page/js/api.js";
import { ask } from "/page/js/dialogs.js";
import { byId } from "/page/js/dom.js";
import { paint } from "./faces.js";

const LEAST = 8;

/** Asks for another crop of a face; gives "x1 y1 x2 y2" in pixels of the whole picture, or null. Raises Problem. */
export async function askCrop(face) {
  const answer = await request(`/v1/review/picture${query({ key: face.key })}`);
  const [width, height] = answer.headers.get("Emovere-Size").split(" ").map(Number);
  const address = URL.createObjectURL(await answer.blob());
  const picture = byId("crop-picture");
  picture.src = address;
  try {
    await picture.decode();
    const square = new Square(width, height, start(face.about.box, width, height));
    paint(byId("crop-before"), face);
    const asked = ask(byId("crop"));
    square.draw();
    byId("crop-box").focus();
    const answered = await asked;
    square.end();
    return answered === "yes" ? square.text() : null;
  } finally {
    URL.revokeObjectURL(address);
    picture.removeAttribute("src");
  }
}

/** The square around a face's box; in the middle of the picture where it has none. */
function start(box, width, height) {
  const [x1, y1, x2, y2] = (box ?? "").split(" ").map(Number);
  if (![x1, y1, x2, y2].every(Number.isFinite) || x2 <= x1 || y2 <= y1) {
    const side = Math.min(width, height) / 2;
    return { x: (width - side) / 2, y: (height - side) / 2, side };
  }
  const side = Math.max(x2 - x1, y2 - y1);
  return { x: (x1 + x2 - side) / 2, y: (y1 + y2 - side) / 2, side };
}

class Square {
  constructor(width, height, { x, y, side }) {
    Object.assign(this, { width, height, x, y, side });
    this.stage = byId("crop-stage");
    this.box = byId("crop-box");
    this.ended = new AbortController();
    const on = { signal: this.ended.signal };
    this.stage.addEventListener("pointerdown", (event) => this.#begin(event), on);
    this.stage.addEventListener("pointermove", (event) => this.#drag(event), on);
    for (const kind of ["pointerup", "pointercancel"]) this.stage.addEventListener(kind, () => (this.drag = null), on);
    this.box.addEventListener("keydown", (event) => this.#key(event), on);
    for (const name of ["x", "y", "side"]) {
      byId(`crop-${name}`).addEventListener("input", (event) => {
        const value = Number(event.target.value);
        if (event.target.value === "" || !Number.isFinite(value)) return;
        this.#set({ [name]: value }, name);
      }, on);
    }
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.stage);
  }

  end() {
    this.ended.abort();
    this.resized.disconnect();
  }

  text() {
    const edges = [this.x, this.y, this.x + this.side, this.y + this.side];
    return edges.map((edge) => String(Math.round(edge * 10) / 10)).join(" ");
  }

  draw(typed = null) {
    const scale = this.stage.clientWidth / this.width;
    for (const [name, value] of [["--left", this.x], ["--top", this.y], ["--side", this.side]]) {
      this.box.style.setProperty(name, `${value * scale}px`);
    }
    for (const name of ["x", "y", "side"]) if (name !== typed) byId(`crop-${name}`).value = Math.round(this[name]);
    const picture = byId("crop-picture");
    if (!picture.naturalWidth) return;
    const ratio = picture.naturalWidth / this.width;
    const preview = byId("crop-preview");
    const context = preview.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, preview.width, preview.height);
    const from = [this.x * ratio, this.y * ratio, this.side * ratio, this.side * ratio];
    context.drawImage(picture, ...from, 0, 0, preview.width, preview.height);
  }

  #set(wanted, typed = null) {
    const side = Math.min(Math.max(wanted.side ?? this.side, LEAST), 2 * Math.max(this.width, this.height));
    // its middle stays in the picture
    const held = (value, length) => Math.min(Math.max(value, -side / 2), length - side / 2);
    Object.assign(this, { side, x: held(wanted.x ?? this.x, this.width), y: held(wanted.y ?? this.y, this.height) });
    this.draw(typed);
  }

  #point(event) {
    const frame = this.stage.getBoundingClientRect();
    const scale = this.width / frame.width;
    return [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
  }

  #begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.box.focus();
    this.stage.setPointerCapture(event.pointerId);
    const [x, y] = this.#point(event);
    const corner = event.target.dataset?.corner;
    if (corner) {
      const fixed = [corner.includes("w") ? this.x + this.side : this.x, corner.includes("n") ? this.y + this.side : this.y];
      this.drag = { kind: "corner", fixed };
    } else if (this.box.contains(event.target)) this.drag = { kind: "move", from: [x - this.x, y - this.y] };
    else this.drag = { kind: "corner", fixed: [x, y], fresh: true };
  }

  #drag(event) {
    if (!this.drag) return;
    const [x, y] = this.#point(event);
    if (this.drag.kind === "move") {
      this.#set({ x: x - this.drag.from[0], y: y - this.drag.from[1] });
      return;
    }
    const [left, top] = this.drag.fixed;
    const side = Math.max(Math.abs(x - left), Math.abs(y - top));
    if (this.drag.fresh && side < LEAST) return;
    this.#set({ side, x: x < left ? left - side : left, y: y < top ? top - side : top });
  }

  #key(event) {
    const step = Math.max(1, Math.round(this.side / 48)) * (event.altKey ? 5 : 1);
    const along = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Enter") byId("crop").querySelector("[value=yes]").click();
    else if (!along) return;
    else if (event.shiftKey) {
      const more = (along[0] - along[1]) * 2 * step;
      this.#set({ side: this.side + more, x: this.x - more / 2, y: this.y - more / 2 });
    } else this.#set({ x: this.x + along[0] * step, y: this.y + along[1] * step });
    event.preventDefault();
  }
}
