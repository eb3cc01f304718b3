// Sessions by day, newest first.

import { Problem, get, query } from "../../api.js";
import { button, icon, make, trouble } from "../../dom.js";
import { strip } from "../../draw/mix.js";
import { counted, dayWords, duration, isoDay, local, mixWords, timeWords } from "../../words.js";

const PAGE = 12;

/** A card; `load()` fills it by the filter. */
export function sessionsPart(filter) {
  const list = make("div");
  const more = make("div", { class: "row" });
  let shown = [];

  async function load(offset = 0) {
    try {
      const { sessions, total } = await get(`/v1/sessions${query({ ...filter, limit: PAGE, offset })}`);
      shown = offset ? [...shown, ...sessions] : sessions;
      list.replaceChildren(...(shown.length ? days(shown) : [make("p", { class: "nothing" }, "No session fits.")]));
      const rest = total - shown.length;
      more.replaceChildren(...(rest > 0 ? [button(`Show ${Math.min(rest, PAGE)} more of ${rest}`, { kind: "small", onclick: () => load(shown.length) })] : []));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      list.replaceChildren(trouble(error));
    }
  }

  const element = make("section", { class: "card", "aria-labelledby": "sessions-title" }, make("h2", { id: "sessions-title" }, "Sessions"), list, more);
  return { element, load: () => load() };
}

function days(sessions) {
  const groups = new Map();
  for (const session of sessions) {
    const at = local(session.started_at, session.zone);
    const day = isoDay(at);
    if (!groups.has(day)) groups.set(day, { at, rows: [] });
    groups.get(day).rows.push(row(session, at));
  }
  return [...groups.values()].map(({ at, rows }) => make("div", { class: "day" }, make("h3", {}, dayWords(at)), rows));
}

function row(session, at) {
  const about = [duration(length(session)), counted(session.people, "person").replace("persons", "people"), mixWords(session.means, 2)];
  return make(
    "a",
    { class: "session", href: `#journal/${encodeURIComponent(session.id)}` },
    make("span", { class: "when" }, timeWords(at)),
    make(
      "span",
      { class: "what" },
      make("b", {}, session.title || "Session"),
      make("span", { class: "fine" }, about.filter(Boolean).join(" · ")),
      session.tags.length > 0 && make("span", { class: "tags" }, session.tags.map((tag) => make("span", { class: "tag" }, tag))),
    ),
    strip(session.means),
    icon("next"),
  );
}

/** Seconds from a session's beginning to its end. */
export const length = (session) => (new Date(session.ended_at) - new Date(session.started_at)) / 1000;
