// A video: sent, waited for, and then walked through: who showed what when, and the frame at each moment.

import { Problem, events, gone, request, save, upload } from "../api.js";
import { button, byId, make, trouble } from "../dom.js";
import { working } from "../draw/mix.js";
import { duration, percent } from "../words.js";
import { dropPlace } from "./drop.js";
import { Reel } from "./reel.js";

const LOOK_MS = 1000;

let settings;
let work = null;

export function begin(given) {
  settings = given;
  dropPlace(byId("video-drop"), byId("video-file"), byId("video-choose"), (files) => take(files[0]));
  return { leave: () => work?.reel?.pause() };
}

async function take(file) {
  await work?.away();
  byId("video-drop").classList.add("compact");
  work = new Work(file);
  work.run();
}

/** One video, from the file to its timeline. */
class Work {
  constructor(file) {
    this.file = file;
    this.stopping = new AbortController();
    this.place = make("div", { class: "stack" });
    byId("video-result").replaceChildren(this.place);
  }

  async run() {
    const { limits } = settings;
    try {
      if (this.file.size > limits.video_bytes) {
        throw new Problem("This video is too large", `It has ${Math.round(this.file.size / 1e6)} MB; this server takes ${Math.round(limits.video_bytes / 1e6)} MB.`);
      }
      this.bar("Sending");
      const job = await upload("/v1/videos", this.file, { onprogress: (share) => this.progress("Sending", share), signal: this.stopping.signal });
      this.id = job.id;
      await this.wait(job);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      this.failed(error);
    }
  }

  bar(text) {
    this.said = make("p", { class: "number" }, `${text} ${this.file.name}`);
    this.meter = make("progress", { max: "1", value: 0, "aria-label": `Progress with ${this.file.name}` });
    const stop = button("Cancel", { icon: "close", onclick: () => this.cancel() });
    this.place.replaceChildren(make("div", { class: "card steps" }, this.said, this.meter, make("div", { class: "row" }, stop)));
  }

  progress(text, share, left = null) {
    this.meter.value = share;
    const rest = left === null ? "" : `, about ${duration(left)} left`;
    this.said.textContent = `${text} ${this.file.name}: ${percent(Math.floor(100 * share) / 100)}${rest}`;
    const tenth = Math.floor(share * 4);
    if (tenth !== this.told) byId("video-said").textContent = this.said.textContent;
    this.told = tenth;
  }

  /** Follows the server's word on the work: by its stream, or by asking where that breaks off. */
  async wait(job) {
    let state = job;
    for (;;) {
      if (state.status === "done") return this.show();
      if (state.status === "failed") throw new Problem(state.problem?.title ?? "It could not be read", state.problem?.detail ?? "");
      if (state.status === "cancelled") return this.cancelled();
      this.progress(state.status === "queued" ? "Waiting with" : "Reading", state.progress, state.seconds_left);
      state = await this.next(state);
    }
  }

  async next(state) {
    const { signal } = this.stopping;
    this.stream ??= events(`/v1/videos/${this.id}/events`, { signal });
    try {
      const { done, value } = await this.stream.next();
      if (!done) return value.data;
    } catch (error) {
      if (error.name === "AbortError" || (error instanceof Problem && error.status)) throw error;
      if (this.wasGone) throw gone();
      this.wasGone = true;
    }
    this.stream = null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    return (await request(`/v1/videos/${state.id}`, { signal })).json();
  }

  async show() {
    this.stream?.return();
    this.place.replaceChildren(make("div", { class: "card" }, working("The timeline is drawn")));
    const timeline = await (await request(`/v1/videos/${this.id}/timeline`, { signal: this.stopping.signal })).json();
    this.reel = new Reel(this.file, timeline);
    this.place.replaceChildren(this.reel.element, this.takeAway());
    this.reel.title.focus();
    byId("video-said").textContent = `${this.file.name} has been read.`;
  }

  takeAway() {
    const told = make("div");
    const stem = this.file.name.replace(/\.[^.]*$/, "") || "video";
    const one = (format, name) =>
      button(name, {
        icon: "download",
        kind: "small",
        onclick: () => this.#guarded(told, async () => save(await request(`/v1/videos/${this.id}/result?format=${format}`), `${stem}.${format}`)),
      });
    const away = button("Delete it from the server", { icon: "delete", kind: "small danger", onclick: () => this.#guarded(told, () => this.delete()) });
    return make(
      "section",
      { class: "card stack", "aria-label": "Results" },
      make("div", { class: "row" }, one("json", "JSON"), one("jsonl", "JSON Lines"), one("csv", "CSV"), away),
      make("p", { class: "fine" }, "One row a face and frame. The server deletes the video's results an hour after they were ready."),
      told,
    );
  }

  async #guarded(place, what) {
    place.replaceChildren();
    try {
      await what();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      place.replaceChildren(trouble(error));
    }
  }

  async delete() {
    await request(`/v1/videos/${this.id}`, { method: "DELETE" });
    this.id = null;
    await this.away();
    byId("video-said").textContent = "The video and its results are deleted.";
    byId("video-choose").focus();
  }

  async cancel() {
    await this.away();
    this.cancelled();
    byId("video-choose").focus();
  }

  cancelled() {
    this.place.replaceChildren(make("p", { class: "nothing" }, `Cancelled; nothing of ${this.file.name} is kept.`));
    byId("video-said").textContent = "Cancelled.";
  }

  /** Stops, and leaves nothing on the server. */
  async away() {
    this.stopping.abort();
    this.reel?.close();
    this.place.replaceChildren();
    if (this.id) await request(`/v1/videos/${this.id}`, { method: "DELETE" }).catch(() => null);
    this.id = null;
  }

  failed(problem) {
    const again = button("Try again", { kind: "small", onclick: () => take(this.file) });
    this.place.replaceChildren(trouble({ title: `${this.file.name}: ${problem.title}`, detail: problem.detail }, again));
    byId("video-said").textContent = `${problem.title}. ${problem.detail}`;
  }
}
