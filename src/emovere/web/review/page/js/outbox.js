// Votes on their way to the server. Each waits in this browser until the server has said that it lies on its disk; one that
// is sent twice is counted once, by its id. So nothing is lost when the server, the tab or the browser goes down.

import { Problem, get, request } from "/page/js/api.js";

const MOST = 100;
const AGAIN_MS = [300, 700, 1500, 3000];

/** Tells `change` where something is sent, kept or refused; `kept` with the votes that are safe. */
export class Outbox extends EventTarget {
  constructor(review) {
    super();
    this.review = review;
    this.prefix = `emovere.review.${review}.`;
    this.away = false;
    this.stranger = false;
    this.refused = null;
    this.sending = false;
    this.tried = 0;
    this.count = 0;
    this.waiting = this.#stored();
  }

  /** A new id: ids of one page sort in the order in which they were made. */
  id() {
    const random = crypto.getRandomValues(new Uint32Array(2));
    this.count += 1;
    return `${Date.now()}-${String(this.count).padStart(6, "0")}-${random[0].toString(36)}${random[1].toString(36)}`;
  }

  /** Takes votes ({id, labeller, key, kind, ...}) and sends them as soon as it can. */
  add(votes) {
    for (const vote of votes) {
      try {
        localStorage.setItem(this.prefix + vote.id, JSON.stringify(vote));
      } catch {
        // a browser that keeps nothing holds them until the tab is closed
      }
    }
    this.waiting.push(...votes);
    this.#told();
    this.flush();
  }

  /** Resolves when nothing waits any more. */
  async idle() {
    while (this.waiting.length) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
  }

  /** Sends what waits; one request is under way at a time, so that the order stays. */
  async flush() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    try {
      if (this.tried) await this.#sameReview();
      const labeller = this.waiting[0].labeller;
      const other = this.waiting.findIndex((vote) => vote.labeller !== labeller);
      const end = Math.min(other < 0 ? this.waiting.length : other, this.single ? 1 : MOST);
      await this.#send(labeller, this.waiting.slice(0, end));
      this.tried = 0;
      this.away = this.stranger = false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.away = true;
      this.tried += 1;
    } finally {
      this.sending = false;
    }
    this.#told();
    if (!this.waiting.length) this.single = false;
    else setTimeout(() => this.flush(), this.tried ? AGAIN_MS[Math.min(this.tried, AGAIN_MS.length) - 1] : 0);
  }

  async #sameReview() {
    const found = await get("/v1/review");
    this.stranger = found.review !== this.review;
    if (this.stranger) throw new Problem("Another review", "Another review is served here.");
    this.dispatchEvent(new CustomEvent("back", { detail: found }));
  }

  async #send(labeller, votes) {
    const bodies = votes.map(({ labeller: _, ...vote }) => vote);
    try {
      await request("/v1/review/votes", { method: "POST", json: { labeller, votes: bodies } });
    } catch (error) {
      const refused = error instanceof Problem && error.status === 422;
      if (!refused) throw error;
      if (votes.length > 1) {
        // one of them is at fault: they go one by one
        this.single = true;
        return;
      }
      this.refused = error.detail;
    }
    for (const vote of votes) {
      try {
        localStorage.removeItem(this.prefix + vote.id);
      } catch {
        // nothing was kept
      }
    }
    this.waiting = this.waiting.filter((vote) => !votes.includes(vote));
    this.dispatchEvent(new CustomEvent("kept", { detail: votes }));
  }

  #stored() {
    const found = [];
    try {
      for (let place = 0; place < localStorage.length; place += 1) {
        const name = localStorage.key(place);
        if (name.startsWith(this.prefix)) found.push(JSON.parse(localStorage.getItem(name)));
      }
    } catch {
      return [];
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #told() {
    this.dispatchEvent(new Event("change"));
  }
}
