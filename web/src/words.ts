/** What the page says. English is built in; the portal puts another language's catalogue into the page. */

import english from "./words/en.json";

export type Word = keyof typeof english;
export type Say = (word: Word, values?: Record<string, string | number>) => string;

/** A function that says a word in the page's language, and in English where its catalogue lacks it. */
export function speaker(catalogue: Partial<Record<string, string>> = {}): Say {
  return (word, values = {}) =>
    (catalogue[word] ?? english[word]).replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    );
}
