// The journal: everything that was kept, or one session of it.

import { Problem } from "../api.js";
import { button, byId, trouble } from "../dom.js";
import { working } from "../draw/mix.js";
import { Overview } from "./journal/overview.js";
import { sessionPage } from "./journal/session.js";

let asked = 0;

export function begin(settings) {
  return { enter: (rest) => enter(settings, rest) };
}

async function enter(settings, [id]) {
  const mine = (asked += 1);
  const body = byId("journal-body");
  if (!settings.journal) {
    body.replaceChildren(trouble({ title: "This server has no journal", detail: "Start it with “emovere serve” and the extra “journal” installed." }));
    return;
  }
  body.replaceChildren(working("Opening the journal"));
  try {
    const shown = id ? await sessionPage(id) : await new Overview().load();
    if (mine !== asked) return;
    body.replaceChildren(shown);
    if (id) byId("session-page-title")?.focus();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (mine !== asked) return;
    const again = button("Try again", { kind: "small", onclick: () => enter(settings, id ? [id] : []) });
    body.replaceChildren(trouble(error, again));
  }
}
