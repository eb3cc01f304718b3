// The camera: boxes and bars as it happens, the last minute of each person, and a session if one is started.

import { Problem } from "../api.js";
import { consent } from "../dialogs.js";
import { button, byId, make, trouble } from "../dom.js";
import { Minute } from "../draw/minute.js";
import { PersonCard, legend } from "../draw/mix.js";
import { Over } from "../draw/over.js";
import { Lens } from "../lens.js";
import { Live } from "../live.js";
import { counted, headline } from "../words.js";
import { Session } from "./session_form.js";

const AWAY_MS = 1200;
const SAY_MS = 4000;
const CARDS_MS = 100;
const WHY_MS = 2000;

export function begin(settings) {
  const view = new Camera(settings);
  return { leave: () => view.leave() };
}

class Camera {
  constructor(settings) {
    this.lens = new Lens(byId("camera-video"));
    this.over = new Over(byId("camera-over"));
    this.session = new Session(settings, (message) => this.live?.say(message));
    this.people = new Map();
    this.mirror(true);
    byId("camera-open").addEventListener("click", () => this.open());
    byId("camera-close").addEventListener("click", () => this.close("The camera is off."));
    byId("camera-mirror").addEventListener("click", () => this.mirror(!this.over.mirrored));
    byId("camera-symbols").addEventListener("click", () => {
      this.over.symbols = !this.over.symbols;
      byId("camera-symbols").setAttribute("aria-pressed", String(this.over.symbols));
    });
    byId("camera-which").addEventListener("change", (event) => this.open(event.target.value));
    addEventListener("pagehide", () => this.close("The camera is off."));
  }

  mirror(on) {
    this.over.mirrored = on;
    byId("camera-video").classList.toggle("mirrored", on);
    byId("camera-mirror").setAttribute("aria-pressed", String(on));
  }

  /** Another view is shown: the camera goes on only for a session that runs. */
  leave() {
    if (!this.session.running) this.close("The camera is off.");
  }

  async open(id) {
    if (!(await consent())) return;
    byId("camera-trouble").replaceChildren();
    this.words("The camera opens …");
    try {
      await this.lens.start(id, () => this.close("The camera has gone away."));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.close("The camera is off.");
      byId("camera-trouble").replaceChildren(trouble(error));
      return;
    }
    const { videoWidth, videoHeight } = this.lens.video;
    if (videoWidth) byId("camera-stage").style.aspectRatio = `${videoWidth} / ${videoHeight}`;
    byId("camera-closed").hidden = true;
    byId("camera-close").hidden = false;
    byId("camera-close").focus();
    await this.cameras();
    this.connect();
    this.paint();
  }

  async cameras() {
    const others = await this.lens.others();
    byId("camera-which-box").hidden = others.length < 2;
    byId("camera-which").replaceChildren(
      ...others.map(({ id, name }) => make("option", { value: id, selected: id === this.lens.id }, name)),
    );
  }

  connect() {
    this.live?.stop();
    this.live = new Live(() => this.lens.jpeg(), {
      ready: (message) => this.ready(message),
      result: (message) => this.take(message),
      session: (message) => this.session.heard(message),
      problem: (message) => this.problem(message.problem),
      lost: () => this.lost(),
    });
    this.live.start();
  }

  ready({ labels, journal }) {
    byId("camera-trouble").replaceChildren();
    this.labels = labels;
    this.minute ??= new Minute(byId("camera-timeline"), labels);
    byId("camera-legend").replaceChildren(...legend(labels));
    byId("camera-last").hidden = false;
    this.session.ready(journal);
  }

  take({ frame, ms }) {
    if (!this.lens.open) return;
    this.over.take(frame);
    this.minute.take(frame);
    this.pace(ms);
    const now = performance.now();
    for (const face of frame.faces) {
      if (!this.people.has(face.track_id)) this.people.set(face.track_id, { card: new PersonCard(face.track_id, this.labels) });
      Object.assign(this.people.get(face.track_id), { face, seen: now });
    }
    if (now - (this.listed ?? 0) > CARDS_MS) this.list(now);
    this.say(now);
  }

  /** The cards of those who are there, in the order of their numbers. */
  list(now) {
    this.listed = now;
    for (const [id, one] of this.people) if (now - one.seen > AWAY_MS) this.people.delete(id);
    const there = [...this.people].sort(([a], [b]) => a - b);
    for (const [, { card, face }] of there) card.show(face);
    const cards = there.map(([, { card }]) => card.element);
    const place = byId("camera-people");
    if (cards.length !== place.children.length || cards.some((card, n) => card !== place.children[n])) {
      place.replaceChildren(...(cards.length ? cards : [make("p", { class: "nothing" }, "Nobody is seen.")]));
    }
  }

  /** Tells those who cannot see the picture what has changed, now and then. */
  say(now) {
    const words = [...this.people].map(([id, { face }]) => `#${id} ${face.uncertain ? headline(face) : face.emotion}`).join(", ") || "Nobody is seen";
    if (words === this.saidWords || now - (this.saidAt ?? 0) < SAY_MS) return;
    this.saidWords = words;
    this.saidAt = now;
    byId("camera-said").textContent = words;
  }

  pace(ms) {
    const now = performance.now();
    this.answers = [...(this.answers ?? []), now].filter((at) => now - at < 2000);
    if (now - (this.paced ?? 0) < 500) return;
    this.paced = now;
    byId("camera-pace").textContent = `${counted(Math.round(this.answers.length / 2), "answer")} a second, ${Math.round(ms)} ms each`;
  }

  paint() {
    cancelAnimationFrame(this.frame);
    const step = (now) => {
      if (!this.lens.open) return;
      this.over.paint(now);
      this.minute?.paint(now);
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  problem(problem) {
    this.refused = { ...problem, at: performance.now() };
    byId("camera-trouble").replaceChildren(
      trouble(problem, button("Close", { kind: "small", onclick: () => byId("camera-trouble").replaceChildren() })),
    );
  }

  lost() {
    const ended = this.session.lost() ? " The session has ended; what was seen so far is in the journal." : "";
    // a server that hangs up says why just before
    const why = this.refused && performance.now() - this.refused.at < WHY_MS ? this.refused : null;
    const detail = `${why ? `${why.detail} ` : ""}It is tried again by itself.${ended}`;
    this.over.clear();
    byId("camera-pace").textContent = "";
    this.problem({ title: why?.title ?? "The connection to the server is lost", detail });
    this.refused = null;
  }

  words(text) {
    byId("camera-words").textContent = text;
  }

  close(text) {
    const had = byId("camera-close").contains(document.activeElement);
    this.session.stop();
    this.live?.stop();
    this.live = null;
    this.lens.stop();
    cancelAnimationFrame(this.frame);
    this.over.clear();
    this.people.clear();
    this.minute = null;
    this.saidWords = null;
    byId("camera-people").replaceChildren();
    byId("camera-last").hidden = true;
    byId("camera-pace").textContent = "";
    byId("camera-closed").hidden = false;
    byId("camera-close").hidden = true;
    byId("camera-which-box").hidden = true;
    this.words(text);
    if (had) byId("camera-open").focus();
  }
}
