// How the mix changes by day, week and month, and over the hours of a day.

import { Problem, get, query } from "../../api.js";
import { make, trouble } from "../../dom.js";
import { columns } from "../../draw/columns.js";
import { dayWords, isoDay, shortDay } from "../../words.js";

const KINDS = { day: "Days", week: "Weeks", month: "Months", "hour-of-day": "Time of day" };
const MOST_DAYS = 62;
const DAY_MS = 86400000;

/** A card; `load()` fills it by the filter. */
export function trendsPart(filter) {
  let by = "day";
  const place = make("div");
  const buttons = Object.entries(KINDS).map(([kind, name]) =>
    make("button", { type: "button", "aria-pressed": String(kind === by), onclick: () => choose(kind) }, name),
  );

  function choose(kind) {
    by = kind;
    buttons.forEach((one, n) => one.setAttribute("aria-pressed", String(Object.keys(KINDS)[n] === kind)));
    return load();
  }

  async function load() {
    try {
      const asked = by;
      const { labels, rows } = await get(`/v1/journal/trends${query({ ...filter, by })}`);
      if (asked !== by) return;
      const shown = rows.length ? columns({ rows: spread(by, rows), labels: labels.filter((label) => rows.some((row) => label in row.means)), name: `Mix of expressions: ${KINDS[by].toLowerCase()}` }) : make("p", { class: "nothing" }, "Nothing was kept in these days.");
      place.replaceChildren(shown);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      place.replaceChildren(trouble(error));
    }
  }

  const element = make(
    "section",
    { class: "card", "aria-labelledby": "trends-title" },
    make("div", { class: "row apart" }, make("h2", { id: "trends-title" }, "Trends"), make("div", { class: "choice", role: "group", "aria-label": "By" }, buttons)),
    make("p", { class: "fine" }, "The mean mix of all seconds with a face."),
    place,
  );
  return { element, load };
}

const utc = (day) => new Date(`${day}T00:00:00Z`);

/** Rows with the empty days, weeks or hours between them, so that a gap is seen as one. */
function spread(by, rows) {
  const known = new Map(rows.map((row) => [String(row.start), row]));
  const fill = (start, name, long) => ({ name, long, seconds: known.get(start)?.seconds ?? 0, means: known.get(start)?.means ?? null });
  if (by === "hour-of-day") {
    return Array.from({ length: 24 }, (_, hour) => fill(String(hour), `${hour}`, `${hour}:00 to ${hour}:59`));
  }
  if (by === "month") {
    const name = (start, options) => utc(start).toLocaleDateString("en-GB", { timeZone: "UTC", ...options });
    return rows.map((row) => fill(row.start, name(row.start, { month: "short", year: "2-digit" }), name(row.start, { month: "long", year: "numeric" })));
  }
  const step = by === "week" ? 7 : 1;
  const last = utc(rows.at(-1).start);
  const first = new Date(Math.max(utc(rows[0].start), last - (MOST_DAYS - 1) * step * DAY_MS));
  const made = [];
  for (let at = first; at <= last; at = new Date(at.getTime() + step * DAY_MS)) {
    made.push(fill(isoDay(at), shortDay(at), by === "week" ? `Week of ${dayWords(at)}` : dayWords(at)));
  }
  return made;
}
