// A video that has been read: its picture with boxes, a lane a person, and what happened.

import { button, icon, make } from "../dom.js";
import { Lanes, inWords } from "../draw/lanes.js";
import { legend } from "../draw/mix.js";
import { Over } from "../draw/over.js";
import { clock, counted, duration, eventWords, mixWords } from "../words.js";

const MOST_EVENTS = 400;

/** timeline: as the server gives it. `element` is to be shown; `close()` lets the file go. */
export class Reel {
  constructor(file, timeline) {
    this.timeline = timeline;
    this.people = timeline.people.map(({ track_id: id, points }) => ({
      id,
      name: `#${id}`,
      points: points.map((point) => ({ ...point, probs: Object.fromEntries(timeline.labels.map((label, k) => [label, point.probs[k]])) })),
    }));
    this.gap = gapOf(this.people);
    this.address = URL.createObjectURL(file);
    this.title = make("h2", { tabindex: -1 }, file.name);
    this.element = make("section", { class: "card reel", "aria-label": file.name }, this.#head(), this.#stage(), this.#lanes(), this.#events());
    this.#show(0);
  }

  close() {
    this.pause();
    cancelAnimationFrame(this.frame);
    URL.revokeObjectURL(this.address);
  }

  pause() {
    this.video.pause();
  }

  #head() {
    const { people, timeline } = this;
    const words = `${duration(timeline.duration_s ?? 0)}, ${counted(people.length, "face")} followed`;
    return make("div", { class: "row apart" }, this.title, make("p", { class: "fine" }, words));
  }

  #stage() {
    this.video = make("video", { src: this.address, muted: true, playsinline: true, preload: "auto", "aria-label": "The video" });
    this.canvas = make("canvas", { class: "over", "aria-hidden": "true" });
    this.stage = make("div", { class: "stage", id: "video-stage" }, this.video, this.canvas);
    this.over = new Over(this.canvas);
    this.over.calm = true;
    this.play = button("Play", { icon: "play", kind: "small", onclick: () => (this.video.paused ? this.video.play() : this.video.pause()) });
    this.at = make("span", { class: "number" }, clock(0, true));
    this.video.addEventListener("error", () => this.#unplayable());
    this.video.addEventListener("play", () => this.#running());
    this.video.addEventListener("pause", () => this.play.replaceChildren(icon("play"), "Play"));
    this.video.addEventListener("seeked", () => this.#boxes(this.now));
    new ResizeObserver(() => this.#boxes(this.now ?? 0)).observe(this.stage);
    this.readout = make("ul", { class: "readout" });
    const { width, height } = this.timeline;
    if (width && height) this.stage.style.aspectRatio = `${width} / ${height}`;
    return make("div", { class: "stack" }, this.stage, make("div", { class: "row" }, this.play, this.at, this.readout));
  }

  /** The timeline stands also where the browser cannot show the picture, as with GIF and some MKV. */
  #unplayable() {
    this.play.hidden = true;
    this.video.hidden = true;
    const note = make("p", { class: "note" }, "This browser cannot show this kind of video. The boxes and the timeline below are complete.");
    this.stage.prepend(note);
    this.#boxes(this.now);
  }

  #lanes() {
    const { timeline, people } = this;
    if (!people.length) return make("p", { class: "nothing" }, "No face was followed in this video.");
    const end = timeline.duration_s || Math.max(...people.map((person) => person.points.at(-1)?.t ?? 0));
    this.drawn = new Lanes({
      people, labels: timeline.labels, events: timeline.events, span: [0, Math.max(end, 0.1)], gap: this.gap, step: this.gap / 4, tips: false,
      onpoint: (second) => this.seek(second),
    });
    return make(
      "div",
      { class: "stack" },
      this.drawn.element,
      make("ul", { class: "legend" }, legend(timeline.labels)),
      make("p", { class: "fine" }, "Point at a lane, or focus it and use the arrow keys; Page Up and Page Down go from event to event."),
      make("details", { class: "numbers" }, make("summary", {}, "In words"), inWords(people)),
    );
  }

  #events() {
    const { events } = this.timeline;
    if (!events.length) return null;
    const rows = events.slice(0, MOST_EVENTS).map((event) =>
      make(
        "tr",
        {},
        make("td", {}, make("button", { type: "button", onclick: () => this.seek(event.time_s, true) }, clock(event.time_s, true))),
        make("td", {}, `#${event.track_id}`),
        make("td", {}, eventWords(event)),
      ),
    );
    const head = make("tr", {}, ["time", "person", "what"].map((text) => make("th", { scope: "col" }, text)));
    const more = events.length > MOST_EVENTS ? `, the first ${MOST_EVENTS} of them` : "";
    return make(
      "details",
      { class: "numbers eventlist", open: events.length <= 30 },
      make("summary", {}, counted(events.length, "event") + more),
      make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events" }, make("table", {}, make("thead", {}, head), make("tbody", {}, rows))),
    );
  }

  /** Goes to a second; the newest wish wins while the video is still on its way to an older one. */
  seek(second, pointed = false) {
    if (!this.video.paused) this.video.pause();
    if (!this.video.seeking && Number.isFinite(this.video.duration)) this.video.currentTime = Math.min(second, this.video.duration);
    else this.video.addEventListener("seeked", () => Math.abs(this.video.currentTime - this.now) > 0.05 && this.seek(this.now), { once: true });
    this.#show(second);
    if (pointed) this.stage.scrollIntoView({ block: "nearest" });
  }

  #running() {
    this.play.replaceChildren(icon("pause"), "Pause");
    const step = () => {
      if (this.video.paused) return;
      this.#show(this.video.currentTime);
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  #show(second) {
    this.now = second;
    this.at.textContent = clock(second, true);
    this.drawn?.show(second);
    this.#boxes(second);
  }

  /** The boxes of this second, from the nearest readings. */
  #boxes(second) {
    const { width, height } = this.timeline;
    const faces = [];
    for (const { id, points } of this.people) {
      const point = nearest(points, second);
      if (!point?.box || Math.abs(point.t - second) > this.gap) continue;
      faces.push({ track_id: id, box: point.box, emotion: point.emotion, uncertain: point.uncertain, set: point.set ?? null, probs: point.probs });
    }
    this.readout.replaceChildren(...faces.map((face) => make("li", {}, make("b", {}, `#${face.track_id} `), mixWords(face.probs))));
    this.over.clear();
    if (!width || !this.canvas.isConnected) return;
    this.over.take({ width, height, faces });
    this.over.paint(performance.now());
  }
}

/** The point nearest in time; points rise in time. */
function nearest(points, second) {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].t < second) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[low - 1], points[low]];
  return before && second - before.t < after.t - second ? before : after;
}

/** Seconds without a reading after which somebody was away: four times the usual wait, at least half a second. */
function gapOf(people) {
  const waits = people.flatMap(({ points }) => points.slice(1).map((point, n) => point.t - points[n].t)).sort((a, b) => a - b);
  return Math.max(0.5, 4 * (waits[Math.floor(waits.length / 2)] ?? 0));
}
