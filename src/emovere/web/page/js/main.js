// The page: which view is shown, light or dark, and what to say where the server is gone.

import { Problem, get, gone, keepToken, takeToken } from "./api.js";
import { button, byId, icon, make } from "./dom.js";

const VIEWS = { photo: "Photo", camera: "Camera", video: "Video", journal: "Journal", notice: "Notice" };
const THEMES = ["auto", "light", "dark"];
const AGAIN_MS = 3000;

const views = new Map();
let settings = null;
let current = null;

async function viewOf(name) {
  if (name === "notice") return {};
  if (!views.has(name)) {
    const { begin } = await import(`/page/js/views/${name}.js`);
    views.set(name, begin(settings));
  }
  return views.get(name);
}

async function route() {
  const [asked, ...rest] = location.hash.slice(1).split("/");
  const name = asked in VIEWS ? asked : "photo";
  const previous = current;
  current = name;
  if (previous && previous !== name) views.get(previous)?.leave?.();
  for (const link of document.querySelectorAll(".site nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${VIEWS[name]} – Emovere`;
  const view = await viewOf(name);
  if (current !== name) return;
  // shown when it can be used, and not before
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== `view-${name}`;
  view.enter?.(rest.map(decodeURIComponent));
  if (previous && previous !== name) {
    scrollTo(0, 0);
    byId(`title-${name}`).focus({ preventScroll: true });
  }
}

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function theme(chosen) {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem("emovere.theme", chosen);
  } catch {
    // it holds until the page is closed
  }
  const words = { auto: "Light or dark: as the system", light: "Light", dark: "Dark" }[chosen];
  byId("theme").replaceChildren(icon(chosen), make("span", { class: "unseen" }, `${words}; press to change`));
  byId("theme").title = words;
}

let watching = null;

/** Says that nobody answers, and looks every few seconds whether somebody does again. */
function serverGone() {
  if (watching) return;
  const { title, detail } = gone();
  byId("banner").replaceChildren(make("div", { class: "banner" }, icon("warning"), make("strong", {}, title), make("span", {}, detail)));
  watching = setInterval(async () => {
    const there = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    if (!there?.ok) return;
    clearInterval(watching);
    watching = null;
    byId("banner").replaceChildren();
    dispatchEvent(new CustomEvent("emovere:back"));
    if (!settings) start();
  }, AGAIN_MS);
}

function locked() {
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== "view-locked";
  document.title = "Token – Emovere";
  byId("token").focus();
}

function failed(problem) {
  byId("banner").replaceChildren(
    make("div", { class: "banner" }, icon("warning"), make("strong", {}, problem.title), make("span", {}, problem.detail), button("Try again", { kind: "small", onclick: start })),
  );
}

async function start() {
  try {
    settings = await get("/v1/settings");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) locked();
    else if (error.status) failed(error);
    return;
  }
  byId("banner").replaceChildren();
  byId("version").textContent = `Emovere ${settings.emovere}`;
  removeEventListener("hashchange", route);
  addEventListener("hashchange", route);
  await route();
}

takeToken();
theme(THEMES.includes(kept("emovere.theme")) ? kept("emovere.theme") : "auto");
byId("theme").addEventListener("click", () => theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % 3]));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value);
  byId("token").value = "";
  start();
});
addEventListener("emovere:gone", serverGone);
// a drop beside the place for it must not make the browser leave the page
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
start();
