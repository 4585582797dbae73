/** The terminal's colours, out of the stylesheet: `--term-background`, `--term-red`, `--term-bright-red`, … */

import type { ITheme } from "@xterm/xterm";
import { make } from "../dom";

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** The colours that hold at `place`, each as the browser computes it: a variable's own text may be `light-dark(…)`. */
export function theme(place: HTMLElement): ITheme {
  const probe = make("span", { hidden: true });
  place.append(probe);
  const value = (name: string) => {
    probe.style.color = `var(--term-${name})`;
    return getComputedStyle(probe).color;
  };
  const found: Record<string, string> = {
    background: value("background"),
    foreground: value("foreground"),
    cursor: value("cursor"),
    cursorAccent: value("background"),
    selectionBackground: value("selection"),
  };
  for (const colour of COLOURS) {
    found[colour] = value(colour);
    found[`bright${colour[0]?.toUpperCase()}${colour.slice(1)}`] = value(`bright-${colour}`);
  }
  probe.remove();
  return found;
}

/** A colour of the stylesheet as `#rrggbb`, the only form that the search's marks take. */
export function hex(place: HTMLElement, name: string): string {
  const probe = make("span", { hidden: true });
  probe.style.color = `var(--term-${name})`;
  place.append(probe);
  const numbers =
    getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      ?.slice(0, 3) ?? [];
  probe.remove();
  return `#${numbers.map((number) => Math.round(Number(number)).toString(16).padStart(2, "0")).join("")}`;
}
