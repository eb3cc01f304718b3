// A game: make the face that is shown, and get a star.

import { byId } from "./dom.js";

const TARGETS = ["happy", "surprise", "sad", "angry", "neutral", "fear", "disgust"];
const WORDS = { happy: "happy", surprise: "surprised", sad: "sad", angry: "angry", neutral: "calm", fear: "afraid", disgust: "disgusted" };
const ENOUGH = 0.45;
const HELD_MS = 600;
const CHEER_MS = 1300;

/** Somebody, whoever it is, has to show the target for a moment. */
export class Game {
  constructor() {
    this.labels = TARGETS;
    this.stop();
  }

  toggle() {
    if (this.on) this.stop();
    else {
      this.on = true;
      this.stars = 0;
      this.#shown();
      this.next();
    }
  }

  stop() {
    this.on = false;
    this.target = null;
    this.stars = 0;
    clearTimeout(this.cheering);
    this.cheering = null;
    this.#shown();
  }

  /** Another face to make, never the same twice. */
  next() {
    const left = TARGETS.filter((label) => this.labels.includes(label) && label !== this.target);
    this.target = left[Math.floor(Math.random() * left.length)];
    this.since = null;
    byId("task-face").src = `/page/icons/faces/${this.target}.svg`;
    byId("task-words").textContent = `Can you look ${WORDS[this.target]}?`;
  }

  take(faces, now) {
    if (!this.on || this.cheering) return;
    const there = faces.some((face) => (face.probs[this.target] ?? 0) >= ENOUGH);
    this.since = there ? (this.since ?? now) : null;
    if (there && now - this.since >= HELD_MS) this.#cheer();
  }

  #cheer() {
    this.stars += 1;
    this.#shown();
    byId("task-words").textContent = "Yes, that looks like it!";
    byId("burst").hidden = false;
    this.cheering = setTimeout(() => {
      this.cheering = null;
      byId("burst").hidden = true;
      this.next();
    }, CHEER_MS);
  }

  #shown() {
    byId("task").hidden = !this.on;
    byId("another").hidden = !this.on;
    byId("burst").hidden = true;
    byId("play").setAttribute("aria-pressed", String(this.on));
    byId("stars").textContent = String(this.stars);
  }
}
