/** A pasted line break runs what stands before it: so whoever pastes several lines is asked first. */

import { ask } from "../dialog";
import { make } from "../dom";
import type { Say } from "../words";

const SHOWN_LINES = 12;
const SHOWN_COLUMNS = 200;

export function isRisky(text: string): boolean {
  return /[\r\n]/.test(text);
}

export function asOneLine(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ");
}

/**
 * What is to be pasted of `text`; nothing, if so wished. Nobody is asked for a single line, nor where the program
 * takes a paste as a whole (`bracketed`) and so runs nothing of it.
 */
export async function reviewed(text: string, bracketed: boolean, say: Say): Promise<string> {
  if (!isRisky(text) || bracketed) return text;
  const shown = text.split(/\r\n|\r|\n/, SHOWN_LINES + 1).map((line) => line.slice(0, SHOWN_COLUMNS));
  if (shown.length > SHOWN_LINES) shown[SHOWN_LINES] = "…";
  return ask(
    say("paste.title"),
    [make("p", {}, say("paste.why")), make("pre", { tabindex: "0" }, shown.join("\n"))],
    [
      { label: say("paste.all"), value: text },
      { label: say("paste.one_line"), value: asOneLine(text) },
      { label: say("paste.cancel"), value: "" },
    ],
  );
}
