// The page: who labels, which view is shown, what is kept, and what to say where the server is away.

import { Problem, get, keepToken, takeToken } from "/page/js/api.js";
import { ask } from "/page/js/dialogs.js";
import { button, byId, icon, make } from "/page/js/dom.js";
import { drawAgreement } from "./agreement.js";
import { actions, drawAnswers, drawKeys, listen } from "./answers.js";
import { askCrop } from "./crop.js";
import { Desk } from "./desk.js";
import { Grid } from "./grid.js";
import { look } from "./look.js";
import { One } from "./one.js";
import { Outbox } from "./outbox.js";
import { counted, reasonWords } from "./words.js";

const NAME = "emovere.review.name";
const VIEWS = ["one", "grid", "agreement"];

let desk, outbox, one, grid;
let view = "one";

async function start() {
  let settings;
  try {
    settings = await get("/v1/review");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) askName(null);
    else failed(error);
    return;
  }
  byId("banner").replaceChildren();
  byId("set-name").textContent = settings.set;
  document.title = `${settings.set} – Review – Emovere`;
  outbox = new Outbox(settings.review);
  const name = keptIn(() => sessionStorage) ?? (settings.labeller || keptIn(() => localStorage));
  if (name) begin(settings, name);
  else askName(settings);
}

function askName(settings) {
  for (const id of ["view-one", "view-grid", "view-agreement", "filters", "answers", "nothing"]) byId(id).hidden = true;
  byId("view-name").hidden = false;
  byId("token-line").hidden = settings !== null;
  byId("token").required = settings === null;
  byId("name").required = settings !== null;
  byId("name").value = desk?.labeller ?? "";
  byId("names").replaceChildren(
    ...(settings?.labellers ?? []).map((name) => button(name, { kind: "small", onclick: () => begin(settings, name) })),
  );
  byId("name-form").onsubmit = (event) => {
    event.preventDefault();
    const name = byId("name").value.trim();
    if (settings) {
      if (name) begin(settings, name);
      return;
    }
    keepToken(byId("token").value);
    byId("token").value = "";
    if (name) keep(name);
    start();
  };
  byId(settings ? "name" : "token").focus();
}

/** The name that was given in this tab, or the last one in this browser. */
function keptIn(storage) {
  try {
    return storage().getItem(NAME);
  } catch {
    return null;
  }
}

function keep(name) {
  try {
    sessionStorage.setItem(NAME, name);
    localStorage.setItem(NAME, name);
  } catch {
    // it is asked for again
  }
}

function begin(settings, name) {
  keep(name);
  byId("view-name").hidden = true;
  byId("who-name").textContent = name;
  byId("who").setAttribute("aria-label", `Labeller: ${name}; press for another`);
  if (desk) {
    // another labeller: everything that was drawn belongs to the one before
    location.reload();
    return;
  }
  desk = new Desk(settings, name, outbox);
  one = new One(desk);
  grid = new Grid(desk, () => show("one"));
  const all = actions(desk, { view: show, crop: fixCrop, help: () => ask(byId("help")) });
  drawAnswers(all);
  drawKeys(all);
  fillFilters(settings);
  listen(all, () => view !== "agreement" && byId("view-name").hidden);
  desk.addEventListener("list", () => {
    grid.renew();
    stand();
  });
  desk.addEventListener("cursor", stand);
  desk.addEventListener("faces", (event) => {
    if (view === "grid") grid.changed(event.detail);
    else stand();
  });
  desk.addEventListener("said", (event) => (byId("said").textContent = event.detail));
  outbox.addEventListener("change", saved);
  outbox.addEventListener("back", (event) => event.detail.order !== desk.settings.order && desk.renew(event.detail));
  outbox.addEventListener("kept", progress);
  saved();
  progress();
  show(VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "one");
  // what waits goes first, so that the first face without a vote is looked for among all that is kept
  if (outbox.waiting.length) outbox.flush().finally(() => desk.load().catch(failed));
  else desk.load().catch(failed);
}

function show(wanted) {
  view = wanted;
  history.replaceState(null, "", `#${wanted}`);
  for (const pressed of byId("views").children) pressed.setAttribute("aria-pressed", String(pressed.value === wanted));
  for (const name of VIEWS) byId(`view-${name}`).hidden = name !== wanted;
  byId("filters").hidden = byId("answers").hidden = wanted === "agreement";
  document.body.dataset.view = wanted;
  if (wanted === "agreement") {
    byId("nothing").hidden = true;
    drawAgreement(desk, disputed).catch(failed);
    return;
  }
  stand();
  if (wanted === "grid") {
    grid.renew();
    byId("sheet").focus({ preventScroll: true });
  } else document.activeElement?.closest?.("#sheet") && byId("main").focus({ preventScroll: true });
}

function disputed() {
  byId("show").value = "disputed";
  byId("reason").value = byId("label").value = "";
  desk.filter({ show: "disputed", reason: "", label: "" }).catch(failed);
  show("grid");
}

let drawing = null;

/** Draws where the labeller stands, once a frame at most, however quick the keys. */
function stand() {
  drawing ??= requestAnimationFrame(() => {
    drawing = null;
    draw();
  });
}

function draw() {
  const empty = !desk.length;
  byId("nothing").hidden = !empty || view === "agreement";
  byId("place").textContent = empty ? "" : `${counted(desk.cursor + 1)} / ${counted(desk.length)}`;
  for (const [name, value] of Object.entries(desk.filters)) byId(name).value = value;
  if (view === "one") {
    byId("view-one").hidden = empty;
    if (!empty) one.draw();
  } else if (view === "grid") grid.follow();
  cropButton();
}

function cropButton() {
  const fix = byId("crop-open");
  fix.disabled = !desk.face?.about.picture;
  fix.title = fix.disabled ? "The set holds no whole picture of this face" : "";
}

async function fixCrop() {
  const { face } = desk;
  if (!face?.about.picture) return;
  try {
    const box = await askCrop(face);
    if (box) desk.crop(face, box);
  } catch (error) {
    byId("said").textContent = error.detail ?? "The picture cannot be shown";
    failed(error);
  }
}

function fillFilters(settings) {
  const words = (reason) => reasonWords({ reason });
  const reasons = Object.entries(settings.reasons);
  byId("reason-line").hidden = !reasons.length;
  byId("reason").append(...reasons.map(([reason, count]) => make("option", { value: reason }, `${words(reason)} (${counted(count)})`)));
  byId("label").append(...settings.labels.map((label) => make("option", { value: label }, label)));
  for (const name of ["show", "reason", "label"]) {
    byId(name).addEventListener("change", (event) => desk.filter({ [name]: event.target.value }).catch(failed));
  }
}

/** Says what is kept and what still waits. */
function saved() {
  const waiting = outbox.waiting.length;
  const place = byId("saved");
  place.dataset.state = outbox.away ? "away" : waiting ? "waiting" : "saved";
  place.textContent = outbox.away ? `${counted(waiting)} waiting` : waiting ? "Saving…" : "Saved";
  const banner = byId("banner");
  if (outbox.stranger) tell(banner, "Another review is served here", `${counted(waiting)} votes wait in this browser for the one that this page was opened for.`);
  else if (outbox.away) tell(banner, "The server does not answer", `${counted(waiting)} votes wait in this browser and are sent when it is back. Start it again with “emovere data review”.`);
  else if (outbox.refused) tell(banner, "A vote was refused", outbox.refused);
  else banner.replaceChildren();
}

function tell(banner, title, detail) {
  const words = `${title}: ${detail}`;
  if (banner.dataset.words === words && banner.childElementCount) return;
  banner.dataset.words = words;
  banner.replaceChildren(make("div", { class: "banner" }, icon("warning"), make("strong", {}, title), make("span", {}, detail)));
}

let counting = null;

/** Counts anew, once a second at most. */
function progress() {
  counting ??= setTimeout(count, byId("set-progress").textContent ? 1000 : 0);
}

async function count() {
  counting = null;
  try {
    const { voted, faces } = await get("/v1/review/progress");
    byId("set-progress").textContent = `${counted(voted[desk.labeller] ?? 0)} of ${counted(faces)} faces`;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function failed(error) {
  if (!(error instanceof Problem)) throw error;
  byId("banner").replaceChildren(
    make("div", { class: "banner" }, icon("warning"), make("strong", {}, error.title), make("span", {}, error.detail), button("Try again", { kind: "small", onclick: () => (desk ? desk.load().then(saved).catch(failed) : start()) })),
  );
}

takeToken();
look();
byId("views").addEventListener("click", (event) => event.target.value && desk && show(event.target.value));
byId("who").addEventListener("click", async () => askName(await get("/v1/review")));
byId("help-open").addEventListener("click", () => ask(byId("help")));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
start();
