/** The line between two panes: dragged, or moved with the keyboard as a WAI-ARIA window splitter. */

import { make } from "../dom";
import { remember, remembered } from "../remembered";

const STEP = 2; // per cent for an arrow key
const PAGE = 10;

export interface DividerOptions {
  /** Its name for screen readers, side by side and stacked. */
  readonly label: string;
  readonly stackedLabel: string;
  /** The id of the first pane, whose share it sets. */
  readonly controls: string;
  /** Remembered under it. */
  readonly key: string;
  /** Whether the panes lie one above the other now. */
  readonly stacked: MediaQueryList;
  readonly min: number;
  readonly max: number;
  readonly start: number;
}

/**
 * A separator that sets `--share` (per cent of the first pane) on `container`. It is to be put between the panes.
 * https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/
 */
export function divider(container: HTMLElement, options: DividerOptions): HTMLElement {
  const { min, max, start, stacked } = options;
  const line = make("div", {
    role: "separator",
    class: "divider",
    tabindex: "0",
    "aria-controls": options.controls,
    "aria-valuemin": String(min),
    "aria-valuemax": String(max),
  });
  const key = () => `${options.key}.${stacked.matches ? "stacked" : "beside"}`;
  let share = start;

  const set = (wanted: number, keep = true) => {
    share = Math.round(Math.min(max, Math.max(min, wanted)) * 10) / 10;
    container.style.setProperty("--share", `${share}%`);
    line.setAttribute("aria-valuenow", String(Math.round(share)));
    if (keep) remember(key(), String(share));
  };
  const turn = () => {
    line.setAttribute("aria-orientation", stacked.matches ? "horizontal" : "vertical");
    line.setAttribute("aria-label", stacked.matches ? options.stackedLabel : options.label);
    const kept = Number(remembered(key()) ?? Number.NaN);
    set(Number.isFinite(kept) ? kept : start, false);
  };
  turn();
  stacked.addEventListener("change", turn);

  line.addEventListener("keydown", (event) => {
    const [less, more] = stacked.matches ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    const to: Record<string, number> = {
      [less as string]: share - STEP,
      [more as string]: share + STEP,
      PageUp: share - PAGE,
      PageDown: share + PAGE,
      Home: min,
      End: max,
      Enter: start,
    };
    const wanted = to[event.key];
    if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    set(wanted);
  });
  line.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    line.focus();
    line.setPointerCapture(event.pointerId);
    line.classList.add("is-dragged");
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.classList.contains("is-dragged")) return;
    const box = container.getBoundingClientRect();
    const at = stacked.matches
      ? (event.clientY - box.top) / box.height
      : (event.clientX - box.left) / box.width;
    if (Number.isFinite(at)) set(at * 100);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    line.addEventListener(end, () => line.classList.remove("is-dragged"));
  }
  line.addEventListener("dblclick", () => set(start));
  return line;
}
