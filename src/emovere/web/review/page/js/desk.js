// What a labeller does: where they stand, their votes, and taking them back. Views listen and draw.

import { Problem, get, query } from "/page/js/api.js";
import { Faces, listed } from "./faces.js";

const AHEAD = 96;
const BEHIND = 16;
const MOST = 1000;

/** Tells `list` (other faces), `cursor` (another face), `faces` (faces came or changed) and `said` (words for people). */
export class Desk extends EventTarget {
  constructor(settings, labeller, outbox) {
    super();
    Object.assign(this, { settings, labeller, outbox });
    this.filters = { show: "all", reason: "", label: "" };
    this.list = new Uint32Array(0);
    this.cursor = 0;
    this.anchor = null;
    this.done = [];
    this.turn = Promise.resolve();
    this.#newFaces();
    outbox.addEventListener("kept", (event) => this.#afterKept(event.detail));
  }

  get length() {
    return this.list.length;
  }

  /** The face under the cursor, or undefined. */
  get face() {
    return this.faces.at(this.list[this.cursor]);
  }

  /** Reads the list anew and stands at a position of the queue, or at the first face without a vote. */
  async load(position = null) {
    const wanted = { ...this.filters };
    const [list, open] = await Promise.all([
      listed(this.labeller, wanted),
      position === null ? listed(this.labeller, { ...wanted, show: "open" }) : null,
    ]);
    if (JSON.stringify(wanted) !== JSON.stringify(this.filters)) return;
    this.list = list;
    const start = position ?? (wanted.show === "all" ? open[0] : list[0]) ?? list[0];
    this.cursor = Math.max(0, indexOf(list, start ?? 0));
    this.anchor = null;
    this.dispatchEvent(new Event("list"));
    this.#moved();
  }

  async filter(filters) {
    Object.assign(this.filters, filters);
    await this.load();
  }

  /** Forgets the faces: the server shows them in another order now. */
  async renew(settings) {
    this.settings = settings;
    this.done = [];
    this.#newFaces();
    await this.load();
  }

  /** Goes to a place of the list. extend: whether those between are chosen as well. */
  go(place, extend = false) {
    if (!this.length) return;
    const wanted = Math.min(Math.max(place, 0), this.length - 1);
    this.anchor = extend ? (this.anchor ?? this.cursor) : null;
    this.cursor = wanted;
    this.#moved();
  }

  /** First and last place of what is chosen. */
  get chosen() {
    const anchor = this.anchor ?? this.cursor;
    return [Math.min(anchor, this.cursor), Math.max(anchor, this.cursor)];
  }

  /** Goes some places on, or back, when everything asked for before is done. */
  step(places, extend = false) {
    return this.#inTurn(() => this.go(this.cursor + places, extend));
  }

  /** Answers for what is chosen, and goes on. label: for relabel; otherwise that which each face bears. */
  vote(kind, label = "") {
    return this.#inTurn(() => this.#vote(kind, label));
  }

  /** Takes the last votes back, those of earlier days as well. */
  undo() {
    return this.#inTurn(() => this.#undo());
  }

  async #vote(kind, label) {
    const [first, last] = this.chosen;
    if (!this.length) return;
    if (last - first >= MOST) {
      this.#say(`At most ${MOST.toLocaleString("en")} faces can be answered at once`);
      return;
    }
    const positions = [...this.list.subarray(first, last + 1)];
    if (positions.some((position) => !this.faces.at(position))) await this.faces.need(positions);
    const faces = positions.map((position) => this.faces.at(position));
    const votes = faces.map((face) => {
      const own = { accept: face.label, reject: face.label, relabel: label }[kind];
      return { id: this.outbox.id(), labeller: this.labeller, key: face.key, kind, ...(own ? { label: own } : {}) };
    });
    this.done.push(faces.map((face, place) => ({ id: votes[place].id, key: face.key, at: face.at, before: state(face) })));
    faces.forEach((face, place) => {
      face.mine = this.code(kind, votes[place].label ?? "");
    });
    this.outbox.add(votes);
    this.#changed(positions);
    const words = this.words(faces[0].mine, faces[0].label);
    if (last + 1 < this.length) this.go(last + 1);
    else this.go(last);
    const end = last + 1 >= this.length ? "; that was the last" : "";
    this.#say(`${faces.length > 1 ? `${faces.length} faces` : "The face"}: ${words}${end}`);
  }

  /** Keeps another crop of the face under the cursor. box: "x1 y1 x2 y2". */
  crop(face, box) {
    const vote = { id: this.outbox.id(), labeller: this.labeller, key: face.key, kind: "crop", box };
    this.done.push([{ id: vote.id, key: face.key, at: face.at, before: state(face) }]);
    face.cropped = true;
    this.outbox.add([vote]);
    this.#changed([face.at]);
    this.#say("The crop is kept");
  }

  async #undo() {
    if (!this.done.length) {
      await this.outbox.idle();
      const { votes } = await get(`/v1/review/latest${query({ labeller: this.labeller })}`);
      this.done = votes.reverse().map((vote) => [{ ...vote, before: null }]);
    }
    const group = this.done.pop();
    if (!group) {
      this.#say("There is nothing to take back");
      return;
    }
    const undo = ({ id, key }) => ({ id: this.outbox.id(), labeller: this.labeller, key, kind: "undo", undoes: id });
    for (const { at, before } of group) {
      const face = at === null ? undefined : this.faces.at(at);
      if (face) Object.assign(face, before ?? { mine: 0 });
    }
    this.outbox.add(group.map(undo));
    const places = group.map(({ at }) => at).filter((at) => at !== null);
    this.#changed(places);
    if (places.length) await this.#stand(places[0]);
    this.#say(group.length > 1 ? `${group.length} votes taken back` : "The vote is taken back");
  }

  /** The number of an answer: 0 for none, else 1 and its place among the categories. */
  code(kind, label) {
    const name = { reject: "rejected", unsure: "unsure", "not a face": "not a face" }[kind] ?? label;
    const own = kind === "accept" || kind === "relabel";
    // a label of one's own may be called as one of the last three
    return 1 + (own ? this.settings.choices.indexOf(name) : this.settings.categories.lastIndexOf(name));
  }

  /** What an answer says of a face with a label. */
  words(code, label) {
    if (!code) return "no vote";
    const name = this.settings.categories[code - 1];
    if (code <= this.settings.choices.length) return name === label ? `right: ${name}` : name;
    return name === "rejected" ? "wrong label" : name;
  }

  /** One after the other, so that a quick hand never answers for a face that has not come yet. */
  #inTurn(act) {
    this.turn = this.turn.then(act).catch((error) => {
      if (!(error instanceof Problem)) throw error;
      this.#say(`Not done: ${error.title}`);
    });
    return this.turn;
  }

  async #stand(position) {
    const place = indexOf(this.list, position);
    if (place >= 0) this.go(place);
    else {
      this.filters = { show: "all", reason: "", label: "" };
      await this.load(position);
    }
  }

  #newFaces() {
    this.faces = new Faces(this.labeller);
    this.faces.addEventListener("faces", (event) => {
      this.#withWaiting(event.detail);
      this.#changed(event.detail);
    });
  }

  /** What still waits to be sent is not in the server's answer. */
  #withWaiting(positions) {
    const waiting = this.outbox.waiting.filter((vote) => vote.labeller === this.labeller);
    if (!waiting.length) return;
    const byKey = new Map(positions.map((position) => this.faces.at(position)).filter(Boolean).map((face) => [face.key, face]));
    for (const vote of waiting) {
      const face = byKey.get(vote.key);
      if (!face) continue;
      if (vote.kind === "crop") face.cropped = true;
      else face.mine = vote.kind === "undo" ? 0 : this.code(vote.kind, vote.label ?? "");
    }
  }

  #moved() {
    const { cursor, list } = this;
    this.dispatchEvent(new Event("cursor"));
    const around = [...list.subarray(cursor, cursor + AHEAD), ...list.subarray(Math.max(0, cursor - BEHIND), cursor)];
    if (!this.faces.at(list[cursor]) || !this.faces.at(around[AHEAD / 2] ?? list[cursor])) this.faces.need(around).catch(() => null);
  }

  #afterKept(votes) {
    if (!this.settings.labellers.some((name) => name !== this.labeller) && !votes.some((vote) => vote.kind === "undo")) return;
    const keys = new Set(votes.map((vote) => vote.key));
    const waiting = new Set(this.outbox.waiting.map((vote) => vote.key));
    const stale = [];
    for (const face of this.faces.known.values()) if (keys.has(face.key) && !waiting.has(face.key)) stale.push(face.at);
    for (let start = 0; start < stale.length; start += 256) this.faces.again(stale.slice(start, start + 256)).catch(() => null);
  }

  #changed(positions) {
    this.dispatchEvent(new CustomEvent("faces", { detail: new Set(positions) }));
  }

  #say(words) {
    this.dispatchEvent(new CustomEvent("said", { detail: words }));
  }
}

const state = ({ mine, cropped }) => ({ mine, cropped });

/** Where a number stands in an ascending list; -1 where it does not. */
export function indexOf(list, wanted) {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (list[middle] === wanted) return middle;
    if (list[middle] < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
