/** What the trainer's page says: the server's catalogue, which it puts into the page beside the grid. */

import type english from "../../../src/podlab/portal/words/en/trainer.json";
import type { Board } from "./board";

export type Word = keyof typeof english;
export type Say = (word: Word, values?: Record<string, string | number>) => string;

export function speaker(words: Partial<Record<string, string>>): Say {
  return (word, values = {}) =>
    (words[word] ?? word).replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    );
}

/** `<script type="application/json" id="podlab-trainer">`. */
export function given(page: Document = document): { words: Record<string, string>; board: Board } {
  return JSON.parse(page.getElementById("podlab-trainer")?.textContent ?? "{}");
}
