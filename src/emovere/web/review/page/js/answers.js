// The answers, as buttons and as keys.

import { byId, make } from "/page/js/dom.js";

const LETTERS = "123456789qwertyipdsflvbm";
const SYMBOLS = new Set(["angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"]);
const KEEP = "emovere.review.keys";

/** Everything that can be done: {id, words, keys, run, kind}. */
export function actions(desk, { view, crop, help }) {
  const answer = (id, words, keys, kind) => ({ id, words, keys, group: "main", run: () => desk.vote(kind) });
  const labels = desk.settings.choices.map((label, place) => ({
    id: `label-${place}`,
    words: label,
    symbol: SYMBOLS.has(label) ? label : null,
    keys: LETTERS[place] ? [LETTERS[place]] : [],
    group: "labels",
    run: () => desk.vote("relabel", label),
  }));
  return [
    answer("accept", "Right", ["a"], "accept"),
    answer("reject", "Wrong label", ["x"], "reject"),
    answer("no-face", "Not a face", ["n", "0"], "not a face"),
    answer("unsure", "Unsure", ["u"], "unsure"),
    ...labels,
    { id: "undo", words: "Undo", keys: ["z", "Backspace"], group: "way", run: () => desk.undo() },
    { id: "crop-open", words: "Fix crop", keys: ["c"], group: "way", run: crop },
    { id: "previous", words: "Previous", keys: ["k", "ArrowLeft"], group: "way", run: () => desk.step(-1) },
    { id: "next", words: "Next", keys: ["j", "ArrowRight"], group: "way", run: () => desk.step(1) },
    { id: "first", words: "First face", keys: ["Home"], group: "", run: () => desk.go(0) },
    { id: "last", words: "Last face", keys: ["End"], group: "", run: () => desk.go(desk.length - 1) },
    { id: "view-one", words: "One by one", keys: ["o"], group: "", run: () => view("one") },
    { id: "view-grid", words: "Grid", keys: ["g"], group: "", run: () => view("grid") },
    { id: "help", words: "Keys", keys: ["?", "h"], group: "", run: help },
  ];
}

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", Backspace: "⌫" };
const cap = (key) => SHOWN[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** Draws the buttons. */
export function drawAnswers(all) {
  const groups = ["main", "labels", "way"].map((group) =>
    make("div", { class: `answer-group ${group}` }, all.filter((one) => one.group === group).map(button)),
  );
  byId("answers").replaceChildren(...groups);
}

function button(one) {
  const picture = one.symbol ? make("img", { class: "symbol", src: `/page/icons/faces/${one.symbol}.svg`, alt: "" }) : null;
  const key = one.keys.length ? make("kbd", { "aria-hidden": "true" }, cap(one.keys[0])) : null;
  const said = one.keys[0]?.length === 1 ? one.keys[0] : null;
  return make(
    "button",
    { type: "button", id: one.id, class: "answer", onclick: one.run, "aria-keyshortcuts": said },
    picture,
    make("span", {}, one.words),
    key,
  );
}

/** The table of keys in the help. */
export function drawKeys(all) {
  const more = [
    ["Choose several in the grid", "Shift + arrows, or Shift + click"],
    ["Open one of the grid", "Enter, or a second click"],
  ];
  const rows = [
    ...all.filter((one) => one.keys.length).map((one) => [one.words, one.keys]),
    ...more.map(([words, text]) => [words, text]),
  ];
  byId("keys").replaceChildren(
    ...rows.map(([words, keys]) =>
      make(
        "div",
        {},
        make("dt", {}, words),
        make("dd", {}, Array.isArray(keys) ? keys.map((key) => make("kbd", {}, cap(key))) : keys),
      ),
    ),
  );
}

function keptOn() {
  try {
    return localStorage.getItem(KEEP) !== "off";
  } catch {
    return true;
  }
}

/** Listens for keys. active: whether the answers are to be had at the moment. */
export function listen(all, active) {
  const byKey = new Map(all.flatMap((one) => one.keys.map((key) => [key, one])));
  const on = byId("keys-on");
  on.checked = keptOn();
  on.onchange = () => {
    try {
      localStorage.setItem(KEEP, on.checked ? "on" : "off");
    } catch {
      // it holds until the page is closed
    }
  };
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const field = event.target.closest("input, select, textarea");
    // one in a dialog that has just closed keeps the focus until the next frame
    if (field?.getClientRects().length) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && active()) {
      event.preventDefault();
      byKey.get("z").run();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const one = byKey.get(key);
    if (!one || (key.length === 1 && !on.checked)) return;
    if (!active() && one.id !== "help" && !one.id.startsWith("view-")) return;
    event.preventDefault();
    one.run();
  });
}
