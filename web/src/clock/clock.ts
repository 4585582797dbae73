/** How long the seat still lives: counted down, and said aloud at 10 and at 2 minutes and at the end. */

import type { Announce } from "../announce";
import type { Say } from "../words";

const WARNINGS_S = [600, 120] as const;

/** `1:02:03` or `2:03`. */
export function readable(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** The warning that is due when the time left falls from `before` to `after`, in minutes; 0: the end. */
export function due(before: number, after: number): number | undefined {
  if (before > 0 && after <= 0) return 0;
  const crossed = WARNINGS_S.filter((limit) => before > limit && after <= limit);
  const last = crossed.at(-1);
  return last === undefined ? undefined : last / 60;
}

/**
 * Counts down in `place`, a `<time data-clock data-ends=… data-now=…>`. `data-now` is the server's clock when it
 * made the page: the browser's own may be wrong. Gives a function that stops it; setting `data-ends` anew extends it.
 */
export function clock(place: HTMLElement, say: Say, announce: Announce): () => void {
  const skew = place.dataset.now ? Date.parse(place.dataset.now) - Date.now() : 0;
  let before = Number.POSITIVE_INFINITY;
  place.setAttribute("role", "timer"); // whose live region is off: a second is no news
  const tick = () => {
    const ends = Date.parse(place.dataset.ends ?? "");
    if (Number.isNaN(ends)) return;
    const left = (ends - Date.now() - skew) / 1000;
    const text = readable(left);
    if (place.textContent !== text) {
      place.textContent = text;
      place.setAttribute("aria-label", say("clock.label", { time: text }));
    }
    place.classList.toggle("is-short", left <= WARNINGS_S[0]);
    place.classList.toggle("is-very-short", left <= WARNINGS_S[1]);
    const warning = Number.isFinite(before) ? due(before, left) : due(left + 1, left);
    if (warning !== undefined) {
      announce(warning === 0 ? say("clock.ended") : say("clock.warning", { minutes: warning }));
    }
    before = left;
  };
  tick();
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}
