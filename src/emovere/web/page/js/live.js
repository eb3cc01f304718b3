// The live connection: one picture in flight, the newest wins, and a lost connection is tried again.

import { token } from "./api.js";

const WAITS_MS = [500, 1000, 2000, 4000, 8000];
const SILENT_MS = 15000;
const OF_PICTURES = new Set([400, 413, 415]);

function protocols() {
  if (!token()) return ["emovere.v1"];
  const bytes = new TextEncoder().encode(token());
  const text = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return ["emovere.v1", `token.${text}`];
}

/**
 * Sends pictures and hears what is seen in them.
 *
 * grab: gives the next picture as a Blob, or null where there is none yet. on: {ready, result, session, problem,
 * lost(milliseconds until the next try)}, each called with the server's message.
 */
export class Live {
  constructor(grab, on) {
    this.grab = grab;
    this.on = on;
    this.socket = null;
    this.tries = 0;
    this.wanted = false;
  }

  start() {
    this.wanted = true;
    this.#connect();
  }

  /** Ends the connection for good; nothing is sent after this. */
  stop() {
    this.wanted = false;
    clearTimeout(this.waiting);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  /** Says something: {type: "session.start", title}, {type: "session.stop"}, {type: "note", text}. */
  say(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    const url = new URL("/v1/live", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, protocols());
    this.socket = socket;
    socket.onmessage = (event) => socket === this.socket && this.#hear(JSON.parse(event.data));
    socket.onclose = () => socket === this.socket && this.#lost();
  }

  #lost() {
    clearTimeout(this.silence);
    this.socket = null;
    if (!this.wanted) return;
    const wait = WAITS_MS[Math.min(this.tries, WAITS_MS.length - 1)];
    this.tries += 1;
    this.on.lost(wait);
    this.waiting = setTimeout(() => this.wanted && this.#connect(), wait);
  }

  #hear(message) {
    clearTimeout(this.silence);
    if (message.type === "ready") this.tries = 0;
    this.on[message.type]?.(message);
    if (message.type === "ready" || message.type === "result") this.#next();
    // a picture that cannot be read is answered, too; the next one may be better
    else if (message.type === "problem" && OF_PICTURES.has(message.problem.status)) setTimeout(() => this.#next(), 500);
  }

  /** Sends the newest picture with the screen's next one, or soon where the page is hidden. */
  #next() {
    if (this.busy) return;
    this.busy = true;
    const go = async () => {
      const socket = this.socket;
      const picture = socket ? await this.grab() : null;
      this.busy = false;
      if (!this.wanted || socket !== this.socket || socket?.readyState !== WebSocket.OPEN) return;
      if (!picture) {
        setTimeout(() => this.#next(), 100);
        return;
      }
      socket.send(picture);
      clearTimeout(this.silence);
      this.silence = setTimeout(() => socket.close(), SILENT_MS);
    };
    if (document.hidden) setTimeout(go, 30);
    else requestAnimationFrame(go);
  }
}
