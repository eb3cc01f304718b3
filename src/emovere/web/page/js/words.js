// How results are put into words: the same as on the command line (report/words.py, report/timeline_words.py).

/** Bottom to top of a stack; the order of every list of expressions. */
export const ORDER = ["happy", "surprise", "sad", "fear", "angry", "disgust", "contempt", "neutral"];

/** Of Okabe and Ito (2008); css/base.css and report/colours.py say the same. */
export const COLOURS = {
  angry: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  happy: "#f0e442",
  sad: "#0072b2",
  surprise: "#56b4e9",
  neutral: "#bbbbbb",
  contempt: "#e69f00",
};

/** Black or white, whichever is read more easily on an expression's colour. */
export const inkOn = (label) => (label === "sad" ? "#ffffff" : "#1a1a1a");

export const ordered = (labels) => ORDER.filter((label) => labels.includes(label));

/** A probability in whole percents; what only rounds to 0 or 100 says so. */
export function percent(share) {
  const whole = Math.round(100 * share);
  if (whole === 0 && share > 0) return "<1\u00a0%";
  if (whole === 100 && share < 1) return ">99\u00a0%";
  return `${whole}\u00a0%`;
}

/** [label, share] pairs, likeliest first. */
export const ranked = (probs) => Object.entries(probs).sort((a, b) => b[1] - a[1]);

/** What cannot be told apart on an uncertain face: "sad, fear or neutral". */
export function alternatives(face) {
  let names = ranked(face.probs).map(([name]) => name).filter((name) => (face.set || []).includes(name));
  if (names.length > 3) names = [...names.slice(0, 3), "others"];
  return [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" or ");
}

/** A face in one line: "happy 93 %" or "unsure: sad or neutral". */
export function headline(face) {
  if (!face.uncertain) return `${face.emotion} ${percent(face.probs[face.emotion])}`;
  return `unsure: ${alternatives(face) || face.emotion}`;
}

/** The likeliest few of a mix: "happy 63 %, neutral 30 %". */
export function mixWords(probs, most = 3) {
  const top = ranked(probs).slice(0, most).filter(([, share], place) => share >= 0.01 || place === 0);
  return top.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
}

export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const two = (number) => String(number).padStart(2, "0");

/** Seconds as m:ss, with hours where there are any, and tenths where asked for. */
export function clock(seconds, tenths = false) {
  const whole = tenths ? Math.round(seconds * 10) : Math.round(seconds) * 10;
  const minutes = Math.floor(whole / 600);
  const rest = two(Math.floor(whole / 10) % 60) + (tenths ? `.${whole % 10}` : "");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** A length of time for people: "40 s", "5 min", "2 h 10 min". */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}\u00a0h${rest ? ` ${rest}\u00a0min` : ""}`;
}

/** Round times for an axis: [seconds, text] pairs. */
export function ticks(begin, end, most = 9) {
  const length = Math.max(end - begin, 1e-3);
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200];
  const step = steps.find((each) => length / each <= most) ?? 86400;
  const marks = [];
  for (let at = Math.ceil(begin / step - 1e-6) * step; at <= end + 1e-6; at += step) marks.push([at, clock(at, step < 1)]);
  return marks;
}

const EVENTS = { enter: "comes", leave: "goes", onset: "begins", apex: "is strongest", offset: "ends" };

/** What happened: "happy begins", "comes". */
export function eventWords(event) {
  const said = EVENTS[event.kind] ?? event.kind;
  return event.emotion ? `${event.emotion} ${said}` : said;
}

/** A moment in the time zone in which it was recorded. zone: minutes east of UTC; null for this browser's. */
export function local(iso, zone) {
  const at = new Date(iso);
  if (zone === null || zone === undefined) return new Date(at.getTime() - at.getTimezoneOffset() * 60000);
  return new Date(at.getTime() + zone * 60000);
}

const said = (at, options) => at.toLocaleString("en-GB", { timeZone: "UTC", ...options });
export const dayWords = (at) => said(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const timeWords = (at) => said(at, { hour: "2-digit", minute: "2-digit" });
export const shortDay = (at) => said(at, { day: "numeric", month: "short" });
export const isoDay = (at) => at.toISOString().slice(0, 10);
