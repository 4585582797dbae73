import { beforeEach, expect, test } from "vitest";
import { prefill } from "../src/prefill";

beforeEach(() => {
  document.body.innerHTML = '<form><input data-from-fragment><button type="submit">Go</button></form>';
  history.replaceState(null, "", "/");
});

const field = () => document.querySelector("input") as HTMLInputElement;

test("a code in the fragment is filled in, and gone from the address", () => {
  location.hash = "#K7QM-2XRT";
  prefill();
  expect(field().value).toBe("K7QM-2XRT");
  expect(location.hash).toBe("");
  expect(document.activeElement).toBe(document.querySelector("button"));
});

test("a page without such a field keeps its fragment", () => {
  document.body.innerHTML = "";
  location.hash = "#registry";
  prefill();
  expect(location.hash).toBe("#registry");
});

test("what cannot be decoded is left out", () => {
  location.hash = "#%E0%A4%A";
  prefill();
  expect(field().value).toBe("");
});
