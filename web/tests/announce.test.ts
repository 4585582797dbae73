import { afterEach, expect, test, vi } from "vitest";
import { announcer } from "../src/announce";
import { one, page } from "./dom";

afterEach(() => vi.useRealTimers());

test("what is announced is text in one polite live region, once, and goes again", () => {
  vi.useFakeTimers();
  page("<main></main>");
  const announce = announcer();
  announce("<b>Coffee</b>");
  announce("<b>Coffee</b>");
  announce("Sent", "aloud");
  const region = one("[data-announce]");
  expect(region.getAttribute("aria-live")).toBe("polite");
  expect([...region.children].map((each) => each.textContent)).toEqual(["<b>Coffee</b>", "Sent"]);
  expect(region.lastElementChild?.className).toBe("offscreen");
  expect(region.querySelector("b")).toBeNull();
  vi.advanceTimersByTime(10_000);
  expect(region.childElementCount).toBe(0);
});

test("what somebody has to know stays until they say that they do, whatever else is said", () => {
  vi.useFakeTimers();
  page("<main></main>");
  const announce = announcer();
  announce("Back at two", { dismiss: "Got it" });
  for (const each of ["a", "b", "c", "d"]) announce(each);
  const region = one("[data-announce]");
  expect([...region.children].map((each) => each.firstChild?.textContent)).toEqual([
    "Back at two",
    "b",
    "c",
    "d",
  ]);
  vi.advanceTimersByTime(10_000);
  expect(region.childElementCount).toBe(1);
  region.querySelector("button")?.click();
  expect(region.childElementCount).toBe(0);
});
