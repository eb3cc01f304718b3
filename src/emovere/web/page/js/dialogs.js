// Questions that need an answer: the notice before a camera opens, and whether to delete.

import { byId } from "./dom.js";

const ACCEPTED = "emovere.notice";
const VERSION = "1";

/** Opens a dialog and gives the value of the button that closed it; "no" where it was dismissed. */
export function ask(dialog) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.onclick = dialog.onclose = null;
      if (dialog.open) dialog.close();
      resolve(answer);
    };
    dialog.onclick = (event) => {
      const pressed = event.target.closest("button[value]");
      if (pressed) done(pressed.value);
    };
    dialog.onclose = () => done("no");
    dialog.showModal();
  });
}

function accepted() {
  try {
    return localStorage.getItem(ACCEPTED) === VERSION;
  } catch {
    return false;
  }
}

/** Shows the notice unless it was accepted in this browser; gives whether the camera may open. */
export async function consent() {
  if (accepted()) return true;
  const dialog = byId("consent");
  byId("consent-more").onclick = () => dialog.close();
  if ((await ask(dialog)) !== "yes") return false;
  try {
    localStorage.setItem(ACCEPTED, VERSION);
  } catch {
    // asked again the next time
  }
  return true;
}

/** Asks before something is deleted; gives whether to go on. */
export async function sure(title, text, verb) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = verb;
  return (await ask(byId("confirm"))) === "yes";
}
