// All faces of the list in a grid, of which only the rows that are seen exist.

import { byId, make } from "/page/js/dom.js";
import { paint } from "./faces.js";
import { mark } from "./words.js";

const TALLEST = 8_000_000;
const SPARE_ROWS = 2;

/** Draws a desk's list. open: called when a face is to be seen alone. */
export class Grid {
  constructor(desk, open) {
    this.desk = desk;
    this.open = open;
    this.scroller = byId("scroller");
    this.sheet = byId("sheet");
    this.tiles = new Map();
    this.waiting = null;
    this.scroller.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.sheet.addEventListener("keydown", (event) => this.#key(event));
    this.sheet.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#measure()).observe(this.scroller);
  }

  /** Draws everything anew: another list. */
  renew() {
    this.#clear();
    this.#measure();
    this.follow();
  }

  /** Brings the cursor into view. */
  follow() {
    if (!this.columns || !this.desk.length) return;
    const row = Math.floor(this.desk.cursor / this.columns);
    const top = this.#offset();
    const first = row * this.tall;
    const view = this.scroller.clientHeight;
    if (first < top) this.#scrollTo(first);
    else if (first + this.tall > top + view) this.#scrollTo(first + this.tall - view);
    this.draw();
  }

  /** Draws the rows that are seen. */
  draw() {
    const { desk, columns, tall, scroller, sheet } = this;
    if (!columns || scroller.clientHeight === 0) return;
    const top = this.#offset();
    const rows = Math.ceil(desk.length / columns);
    const firstRow = Math.max(0, Math.floor(top / tall) - SPARE_ROWS);
    const lastRow = Math.min(rows, Math.ceil((top + scroller.clientHeight) / tall) + SPARE_ROWS);
    const first = firstRow * columns;
    const last = Math.min(desk.length, lastRow * columns);
    for (const [place, tile] of this.tiles) {
      if (place >= first && place < last) continue;
      tile.remove();
      this.tiles.delete(place);
    }
    const [from, to] = desk.chosen;
    const shift = scroller.scrollTop - top;
    const made = [];
    for (let place = first; place < last; place += 1) {
      if (!this.tiles.has(place)) {
        this.tiles.set(place, this.#tile(place));
        made.push(this.tiles.get(place));
      }
      const tile = this.tiles.get(place);
      tile.style.setProperty("--x", `${(place % columns) * this.wide}px`);
      tile.style.setProperty("--y", `${Math.floor(place / columns) * tall + shift}px`);
      tile.setAttribute("aria-selected", String(place >= from && place <= to));
      tile.classList.toggle("here", place === desk.cursor);
    }
    sheet.append(...made);
    if (this.tiles.has(desk.cursor)) sheet.setAttribute("aria-activedescendant", `face-${desk.cursor}`);
    else sheet.removeAttribute("aria-activedescendant");
    this.#fill([...this.tiles.keys()]);
  }

  /** Some faces have come, or were voted on. */
  changed(positions) {
    for (const [place, tile] of this.tiles) if (positions.has(this.desk.list[place])) this.#fillOne(place, tile);
  }

  #measure() {
    const width = this.scroller.clientWidth;
    if (!width) return;
    const least = width < 500 ? 84 : 112;
    this.columns = Math.max(2, Math.floor(width / least));
    this.wide = Math.floor(width / this.columns);
    this.tall = this.wide + 22;
    this.sheet.style.setProperty("--wide", `${this.wide}px`);
    const whole = Math.ceil(this.desk.length / this.columns) * this.tall;
    // browsers give up at some height; beyond it a step of scrolling goes past more rows
    this.height = Math.min(whole, TALLEST);
    this.whole = whole;
    this.sheet.style.setProperty("--tall", `${this.height}px`);
    this.draw();
  }

  #offset() {
    const { scroller } = this;
    const room = this.height - scroller.clientHeight;
    return room > 0 && this.whole > this.height
      ? (scroller.scrollTop / room) * (this.whole - scroller.clientHeight)
      : scroller.scrollTop;
  }

  #scrollTo(offset) {
    const room = this.height - this.scroller.clientHeight;
    const scaled = this.whole > this.height;
    this.scroller.scrollTop = scaled ? (offset / (this.whole - this.scroller.clientHeight)) * room : offset;
  }

  #tile(place) {
    return make(
      "div",
      { class: "tile", role: "option", id: `face-${place}`, "aria-setsize": this.desk.length, "aria-posinset": place + 1 },
      make("canvas", { width: 48, height: 48, "aria-hidden": "true" }),
      make("span", { class: "caption" }),
    );
  }

  #fill(places) {
    const missing = [];
    for (const place of places) {
      const position = this.desk.list[place];
      const tile = this.tiles.get(place);
      const face = this.desk.faces.at(position);
      if (!face) missing.push(position);
      else if (tile.dataset.of !== face.key) this.#fillOne(place, tile);
    }
    // what may be looked at next comes as soon as what is looked at now is there
    if (missing.length) this.desk.faces.need(missing).then(() => this.#ahead(), () => null);
    else this.#ahead();
  }

  #ahead() {
    const places = [...this.tiles.keys()];
    if (!places.length) return;
    const [first, last] = [Math.min(...places), Math.max(...places) + 1];
    const around = [...this.desk.list.subarray(last, last + places.length), ...this.desk.list.subarray(Math.max(0, first - places.length), first)];
    this.desk.faces.need(around).catch(() => null);
  }

  #fillOne(place, tile) {
    const face = this.desk.faces.at(this.desk.list[place]);
    if (!face) return;
    if (tile.dataset.of !== face.key) paint(tile.firstChild, face);
    tile.dataset.of = face.key;
    const [kind, words] = face.mine ? mark(this.desk, face.mine, face.label) : ["", ""];
    const said = kind === "other" ? `→ ${words}` : words || face.label;
    tile.dataset.vote = kind;
    tile.lastChild.textContent = kind && kind !== "other" && kind !== "right" ? words : kind === "right" ? `✓ ${face.label}` : said;
    const doubt = face.hints.length ? `, doubt ${face.hints[0].score.toFixed(2)}` : "";
    tile.setAttribute("aria-label", `${face.label}${doubt}; ${this.desk.words(face.mine, face.label)}${face.cropped ? "; crop mended" : ""}`);
  }

  #clear() {
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
  }

  #soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.tall)) * this.columns;
    const { desk, columns } = this;
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      PageUp: -page,
      PageDown: page,
      Home: -desk.length,
      End: desk.length,
    };
    if (event.key === "Enter") this.open();
    else if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) desk.step(steps[event.key], event.shiftKey);
    else return;
    event.preventDefault();
  }

  #click(event) {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    const place = Number(tile.id.slice(5));
    if (place === this.desk.cursor && !event.shiftKey && this.desk.anchor === null) this.open();
    else this.desk.go(place, event.shiftKey);
  }
}
