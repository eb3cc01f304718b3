// The kiosk: a mirror with large symbols, and a game of making faces. It leaves no trace, neither here nor there.

import { Problem, get, takeToken } from "./api.js";
import { byId, trouble } from "./dom.js";
import { Giant } from "./draw/giant.js";
import { Game } from "./game.js";
import { Lens } from "./lens.js";
import { Live } from "./live.js";
import { headline } from "./words.js";

const LONELY_MS = 90000;
const SAY_MS = 4000;

const lens = new Lens(byId("video"));
const over = new Giant(byId("over"));
const game = new Game();
over.mirrored = true;
over.cover = true;

let live = null;
let lastFace = 0;
let said = { words: "", at: 0 };

function take({ frame }) {
  if (!lens.open) return;
  const now = performance.now();
  if (frame.faces.length) lastFace = now;
  over.take(frame);
  game.take(frame.faces, now);
  const words = frame.faces.map(headline).join(", ") || "Nobody is seen";
  if (words !== said.words && now - said.at > SAY_MS) {
    said = { words, at: now };
    byId("said").textContent = words;
  }
  if (now - lastFace > LONELY_MS) end();
}

async function begin() {
  byId("trouble").replaceChildren();
  try {
    await get("/v1/settings");
    await lens.start(null, end);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    byId("trouble").replaceChildren(trouble(error));
    return;
  }
  byId("welcome").hidden = true;
  byId("room").hidden = false;
  // a browser may refuse to fill the screen; the view fills its window all the same
  document.documentElement.requestFullscreen?.().catch(() => null);
  lastFace = performance.now();
  live = new Live(() => lens.jpeg(), {
    ready: ({ labels }) => {
      byId("lost").hidden = true;
      game.labels = labels;
    },
    result: take,
    problem: ({ problem }) => lost(problem.detail),
    lost: () => lost("The connection is lost. It comes back by itself when it can."),
  });
  live.start();
  requestAnimationFrame(paint);
  byId("end").focus();
}

function paint(now) {
  if (!lens.open) return;
  over.ceiling = game.on ? byId("task").getBoundingClientRect().bottom : 0;
  over.paint(now);
  requestAnimationFrame(paint);
}

function lost(text) {
  over.clear();
  byId("lost").textContent = text;
  byId("lost").hidden = false;
}

/** Back to the beginning: the camera is let go and everything is forgotten. */
function end() {
  live?.stop();
  lens.stop();
  over.clear();
  game.stop();
  byId("lost").hidden = true;
  byId("said").textContent = "";
  byId("room").hidden = true;
  byId("welcome").hidden = false;
  if (document.fullscreenElement) document.exitFullscreen();
  byId("begin").focus();
}

takeToken();
byId("begin").addEventListener("click", begin);
byId("end").addEventListener("click", end);
byId("play").addEventListener("click", () => game.toggle());
byId("another").addEventListener("click", () => game.next());
addEventListener("pagehide", end);
addEventListener("keydown", (event) => event.key === "Escape" && lens.open && end());
get("/v1/settings").then(
  (settings) => (byId("home").hidden = settings.kiosk),
  (problem) => byId("trouble").replaceChildren(trouble(problem)),
);
