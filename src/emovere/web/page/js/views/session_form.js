// A session: started and ended by the person alone, and seen in every view while it runs.

import { byId, make } from "../dom.js";
import { clock } from "../words.js";

/** The forms beside the camera. say: sends a message to the server. */
export class Session {
  constructor(settings, say) {
    this.say = say;
    this.running = false;
    byId("session-form").addEventListener("submit", (event) => {
      event.preventDefault();
      say({ type: "session.start", title: byId("session-name").value.trim(), zone: -new Date().getTimezoneOffset() });
    });
    byId("note-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.note();
    });
    byId("session-stop").addEventListener("click", () => say({ type: "session.stop" }));
    this.ready(settings.journal, false);
  }

  /** The server has said whether it has a journal. */
  ready(journal, open = true) {
    byId("session-start").disabled = !journal || !open;
    if (!this.running) {
      const words = journal ? (open ? "Nothing is kept." : "Nothing is kept. Open the camera first.") : "This server has no journal: nothing can be kept.";
      byId("session-said").textContent = words;
    }
  }

  heard({ state, id }) {
    if (state === "started") this.began(id);
    else this.ended(id);
  }

  began(id) {
    this.running = true;
    this.id = id;
    this.since = Date.now();
    byId("session-form").hidden = true;
    byId("note-form").hidden = false;
    byId("session-dot").classList.remove("still");
    byId("running").hidden = false;
    byId("note-text").focus();
    this.tick();
    this.timer = setInterval(() => this.tick(), 1000);
  }

  tick() {
    const passed = clock((Date.now() - this.since) / 1000);
    byId("session-said").textContent = `Kept in the journal for ${passed}.`;
    byId("running-said").textContent = `Session ${passed}`;
  }

  note() {
    const text = byId("note-text").value.trim();
    if (text && this.say({ type: "note", text })) {
      byId("note-text").value = "";
      byId("camera-said").textContent = "The note is kept.";
    }
  }

  /** It has ended, by the person or with the connection. */
  ended(id) {
    const there = make("a", { href: `#journal/${encodeURIComponent(id)}` }, "See it in the journal");
    clearInterval(this.timer);
    this.running = false;
    byId("session-form").hidden = false;
    byId("note-form").hidden = true;
    byId("session-name").value = "";
    byId("session-dot").classList.add("still");
    byId("running").hidden = true;
    byId("session-said").replaceChildren("The session has ended. ", there);
  }

  /** The connection is gone, and with it the session; gives whether one was running. */
  lost() {
    byId("session-start").disabled = true;
    if (!this.running) return false;
    this.ended(this.id);
    return true;
  }

  /** The camera closes. */
  stop() {
    if (this.running) {
      this.say({ type: "session.stop" });
      this.ended(this.id);
    }
    byId("session-start").disabled = true;
  }
}
