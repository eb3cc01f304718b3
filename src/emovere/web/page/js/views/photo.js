// Photos: dropped, pasted, chosen or taken; each with its faces, their mix, and the results to take away.

import { Problem, query, request, save } from "../api.js";
import { ask, consent } from "../dialogs.js";
import { button, byId, make, trouble } from "../dom.js";
import { boxes } from "../draw/boxes.js";
import { faceCard, working } from "../draw/mix.js";
import { Lens } from "../lens.js";
import { counted, headline } from "../words.js";
import { dropPlace } from "./drop.js";

const MANY = 3;
const ABOUT = { json: ["JSON", "json"], csv: ["CSV", "csv"], jpeg: ["Picture with boxes", "jpg"] };

let settings;
let queue = Promise.resolve();

export function begin(given) {
  settings = given;
  dropPlace(byId("photo-drop"), byId("photo-file"), byId("photo-choose"), take);
  byId("photo-take").addEventListener("click", takeOne);
  addEventListener("paste", (event) => {
    if (byId("view-photo").hidden) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files);
  });
  return {};
}

/** Reads photos one after another, the newest on top. */
function take(files) {
  byId("photo-drop").classList.add("compact");
  for (const file of files) {
    const shot = make("article", { class: "card shot" }, make("div", { class: "said-line" }, working(`Reading ${file.name}`)));
    byId("photo-results").prepend(shot);
    // one that fails in a way that nobody thought of does not hold up the others
    queue = queue.then(() => read(file, shot)).catch(reportError);
  }
}

async function read(file, shot) {
  try {
    if (file.size > settings.limits.bytes) {
      throw new Problem("This photo is too large", `It has ${megabytes(file.size)}; this server takes ${megabytes(settings.limits.bytes)}.`);
    }
    const response = await send(file, { crops: true });
    const report = await response.json();
    await show(file, report, shot);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const again = button("Try again", {
      kind: "small",
      onclick: () => {
        shot.replaceChildren(working(`Reading ${file.name}`));
        read(file, shot);
      },
    });
    const problem = { title: `${file.name}: ${error.title}`, detail: error.detail };
    shot.replaceChildren(make("div", { class: "said-line" }, trouble(problem, again, remove(shot))));
    byId("photo-said").textContent = `${problem.title}. ${problem.detail}`;
  }
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const send = (file, asked) =>
  request(`/v1/analyze${query(asked)}`, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });

const remove = (shot) =>
  button("Remove", {
    icon: "close",
    kind: "small quiet",
    onclick: () => {
      for (const image of shot.querySelectorAll("img[src^='blob:']")) URL.revokeObjectURL(image.src);
      const next = shot.nextElementSibling?.querySelector("h2") ?? byId("photo-choose");
      shot.remove();
      next.focus();
    },
  });

async function show(file, report, shot) {
  const frame = report.frames[0];
  const found = counted(frame.faces.length, "face");
  const title = make("h2", { tabindex: -1 }, file.name);
  const more = report.frames.length > 1 ? " A moving picture: its first frame is shown; Video shows all of it." : "";
  const overlay = boxes(frame, { onpick: (number) => cards[number - 1]?.scrollIntoView({ block: "nearest" }) });
  const mark = (number, on) => {
    overlay.mark(number, on);
    cards[number - 1].classList.toggle("marked", on);
  };
  const cards = frame.faces.map((face, place) => faceCard(face, place + 1, { onmark: mark }));
  const picture = make("img", { src: URL.createObjectURL(file), alt: `${file.name}, ${found}`, width: frame.width, height: frame.height });
  picture.addEventListener("error", () => instead(file, picture, overlay), { once: true });
  const faces = cards.length
    ? make("div", { class: cards.length > MANY ? "faces many" : "faces", tabindex: cards.length > MANY ? 0 : null, role: "region", "aria-label": `Faces of ${file.name}` }, cards)
    : make("p", { class: "nothing" }, "No face was found in this picture. Small, dark or turned-away faces are missed.");
  shot.replaceChildren(
    make("header", { class: "top" }, title, make("span", { class: "fine" }, found, more), remove(shot)),
    make("div", { class: "stack" }, make("div", { class: "picture" }, picture, overlay.element), downloads(file)),
    faces,
  );
  byId("photo-said").textContent = `${file.name}: ${found}. ${frame.faces.map((face, n) => `${n + 1}: ${headline(face)}`).join("; ")}`;
}

/** A picture that this browser cannot show is shown as the server draws it. */
async function instead(file, picture, overlay) {
  const drawn = await send(file, { format: "jpeg" });
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(await drawn.blob());
  overlay.element.remove();
}

function downloads(file) {
  const stem = file.name.replace(/\.[^.]*$/, "") || "photo";
  const failed = make("div");
  const one = (format) =>
    button(ABOUT[format][0], {
      icon: "download",
      kind: "small",
      onclick: async () => {
        failed.replaceChildren();
        try {
          await save(await send(file, { format }), `${stem}.${ABOUT[format][1]}`);
        } catch (error) {
          failed.replaceChildren(trouble(error));
        }
      },
    });
  return make("div", { class: "stack" }, make("div", { class: "row" }, one("jpeg"), one("json"), one("csv")), failed);
}

/** A photo by the camera, which is let go at once. */
async function takeOne() {
  if (!(await consent())) return;
  const dialog = byId("snap");
  const lens = new Lens(dialog.querySelector("video"));
  try {
    await lens.start();
    if ((await ask(dialog)) !== "yes") return;
    const picture = await lens.jpeg(1920, 0.92);
    if (picture) take([new File([picture], `photo ${new Date().toLocaleTimeString("en-GB")}.jpg`, { type: "image/jpeg" })]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const note = make("div", { class: "card" }, trouble(error, button("Close", { kind: "small", onclick: () => note.remove() })));
    byId("photo-results").prepend(note);
  } finally {
    lens.stop();
  }
}
