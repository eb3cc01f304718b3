// A change to the journal, with words where it fails.

import { Problem } from "../../api.js";
import { trouble } from "../../dom.js";

/** Does what is asked; a Problem is shown in the place given. Gives whether it went well. */
export async function guarded(place, what) {
  place.replaceChildren();
  try {
    await what();
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.replaceChildren(trouble(error));
    return false;
  }
}
