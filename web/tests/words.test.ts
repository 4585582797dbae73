import { expect, test } from "vitest";
import { speaker } from "../src/words";
import german from "../src/words/de.json";
import english from "../src/words/en.json";

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test("German says all that English says, with the same values", () => {
  expect(Object.keys(german)).toEqual(Object.keys(english));
  for (const [word, text] of Object.entries(english)) {
    expect(places(german[word as keyof typeof german]), word).toEqual(places(text));
  }
});

test("values are filled in; a catalogue that lacks a word falls back to English", () => {
  const say = speaker({ "copy.done": "Kopiert" });
  expect(say("copy.done")).toBe("Kopiert");
  expect(say("lesson.step_of", { step: 1, all: "$&" })).toBe("Step 1 of $&");
});
