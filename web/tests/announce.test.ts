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
