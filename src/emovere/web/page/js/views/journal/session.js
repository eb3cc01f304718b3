// One session: a lane a person, events, its title, tags and notes, and its deletion.

import { get, request } from "../../api.js";
import { sure } from "../../dialogs.js";
import { button, byId, icon, make } from "../../dom.js";
import { Lanes, inWords } from "../../draw/lanes.js";
import { legend } from "../../draw/mix.js";
import { clock, counted, dayWords, duration, eventWords, local, mixWords, timeWords } from "../../words.js";
import { guarded } from "./guarded.js";
import { notesPart } from "./notes.js";
import { tagsPart } from "./tags.js";
import { length } from "./sessions.js";

const LEAST_GAP_S = 2.5;

/** A session's page. Throws a Problem where there is none of this id. */
export async function sessionPage(id) {
  const path = `/v1/sessions/${encodeURIComponent(id)}`;
  const session = await get(path);
  return make(
    "div",
    { class: "stack" },
    make("div", { class: "row" }, make("a", { class: "button quiet small", href: "#journal" }, icon("back"), "All sessions")),
    about(session, path),
    timeline(session),
    notesPart(session, path),
    away(session, path),
  );
}

function about(session, path) {
  const at = local(session.started_at, session.zone);
  const words = [`${dayWords(at)}, ${timeWords(at)}`, duration(length(session)), counted(session.people, "person").replace("persons", "people"), session.model];
  const title = make("h2", { id: "session-page-title", tabindex: -1 }, session.title || "Session");
  const told = make("div");
  const name = make("input", { id: "session-title-input", value: session.title, maxlength: 200 });
  const form = make("form", { class: "row end", hidden: true }, make("div", { class: "grow" }, make("label", { for: "session-title-input" }, "Title"), name), make("button", { class: "button" }, "Save"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(told, async () => {
      const changed = await (await request(path, { method: "PATCH", json: { title: name.value } })).json();
      title.textContent = changed.title || "Session";
      form.hidden = true;
      title.focus();
    });
  });
  const edit = button("Change the title", {
    icon: "edit",
    kind: "small quiet",
    onclick: () => {
      form.hidden = !form.hidden;
      if (!form.hidden) name.focus();
    },
  });
  return make(
    "section",
    { class: "card stack" },
    make("div", { class: "row apart" }, title, edit),
    form,
    make("p", { class: "fine" }, words.join(" · ")),
    session.people > 0 && make("p", {}, `On the whole: ${mixWords(session.means)}.`),
    tagsPart(session, path),
    told,
  );
}

function timeline(session) {
  const people = new Map();
  for (const { second, person, probs } of session.readings) {
    if (!people.has(person)) people.set(person, { id: person, name: `#${person}`, points: [] });
    people.get(person).points.push({ t: second + 0.5, probs });
  }
  const list = [...people.values()].sort((a, b) => b.points.length - a.points.length);
  if (!list.length) return make("p", { class: "nothing" }, "Nobody was seen in this session.");
  const end = Math.max(length(session), ...session.readings.map((reading) => reading.second + 1));
  const events = session.events.map((event) => ({ ...event, time_s: event.at_s, track_id: event.person }));
  const drawn = new Lanes({ people: list, labels: session.labels, events, span: [0, end], gap: LEAST_GAP_S, step: 1 });
  return make(
    "section",
    { class: "card stack", "aria-labelledby": "session-time" },
    make("h2", { id: "session-time" }, "Timeline"),
    drawn.element,
    make("ul", { class: "legend" }, legend(session.labels)),
    make("details", { class: "numbers" }, make("summary", {}, "In words"), inWords(list)),
    events.length > 0 && eventList(events),
  );
}

function eventList(events) {
  const rows = events.map((event) =>
    make("tr", {}, [clock(event.time_s, true), `#${event.track_id}`, eventWords(event)].map((text) => make("td", {}, text))),
  );
  const head = make("tr", {}, ["time", "person", "what"].map((text) => make("th", { scope: "col" }, text)));
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, rows));
  return make(
    "details",
    { class: "numbers" },
    make("summary", {}, counted(events.length, "event")),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events" }, table),
  );
}

function away(session, path) {
  const told = make("div");
  const go = async () => {
    const what = session.title ? `“${session.title}”` : "This session";
    if (!(await sure("Delete this session?", `${what} with its readings, events, tags and notes is deleted for good.`, "Delete it"))) return;
    await guarded(told, async () => {
      await request(path, { method: "DELETE" });
      byId("journal-said").textContent = "The session is deleted.";
      location.hash = "#journal";
    });
  };
  return make("div", { class: "stack" }, make("div", { class: "row" }, button("Delete this session", { icon: "delete", kind: "danger", onclick: go })), told);
}
