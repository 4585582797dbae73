/** One polite live region for the whole page: `[data-announce]`, or one that is made. */

import { button, make } from "./dom";

/** `aloud`: for screen readers only, where everybody else sees what happened. With a label for a button the text stays
 *  until that is pressed. */
export type Announce = (text: string, how?: "aloud" | { dismiss: string }) => void;

const SHOWN_MS = 8000;

/** Says a text to everybody: it is read aloud and shown for some seconds. */
export function announcer(page: Document = document): Announce {
  let region = page.querySelector<HTMLElement>("[data-announce]");
  if (!region) {
    region = make("div", { "data-announce": true });
    page.body.append(region);
  }
  const place = region;
  place.classList.add("announcements");
  place.setAttribute("role", "status");
  place.setAttribute("aria-live", "polite");
  return (text, how) => {
    for (const old of place.children) if (old.firstChild?.textContent === text) old.remove(); // said again, not twice
    const note = make("p", { class: how === "aloud" ? "offscreen" : undefined }, text);
    place.append(note);
    if (typeof how === "object") {
      note.append(button(how.dismiss, () => note.remove()));
      return;
    }
    note.dataset.passing = "";
    const passing = place.querySelectorAll("[data-passing]");
    if (passing.length > 3) passing[0]?.remove();
    setTimeout(() => note.remove(), SHOWN_MS);
  };
}
