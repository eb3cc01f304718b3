// Light or dark, as on the other page of Emovere.

import { byId, icon, make } from "/page/js/dom.js";

const THEMES = ["auto", "light", "dark"];
const WORDS = { auto: "Light or dark: as the system", light: "Light", dark: "Dark" };

function choose(chosen) {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem("emovere.theme", chosen);
  } catch {
    // it holds until the page is closed
  }
  byId("theme").replaceChildren(icon(chosen), make("span", { class: "unseen" }, `${WORDS[chosen]}; press to change`));
  byId("theme").title = WORDS[chosen];
}

/** Makes the button work. */
export function look() {
  const now = () => document.documentElement.dataset.theme ?? "auto";
  choose(now());
  byId("theme").addEventListener("click", () => choose(THEMES[(THEMES.indexOf(now()) + 1) % THEMES.length]));
}
