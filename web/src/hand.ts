/** A raised hand: `<button data-hand aria-pressed>`; the trainer sees it until it is lowered. */

import { type Api, ApiError } from "./api";
import type { Say } from "./words";

export function hand(place: HTMLElement, api: Api, say: Say, announce: (text: string) => void): void {
  const show = (isRaised: boolean) => place.setAttribute("aria-pressed", String(isRaised));
  place.addEventListener("click", async () => {
    const isRaised = place.getAttribute("aria-pressed") !== "true";
    try {
      await api.raise(isRaised);
      show(isRaised);
      announce(say(isRaised ? "hand.raised" : "hand.lowered"));
    } catch (error) {
      announce(error instanceof ApiError && error.status > 0 ? error.message : say("offline"));
    }
  });
}
