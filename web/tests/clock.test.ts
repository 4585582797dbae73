import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clock, due, readable } from "../src/clock/clock";
import { chosen, themeChoice } from "../src/clock/theme";
import { speaker } from "../src/words";
import { one, page } from "./dom";

test.each([
  [0, "0:00"],
  [-5, "0:00"],
  [59.2, "1:00"],
  [125, "2:05"],
  [3723, "1:02:03"],
])("%d seconds read %s", (seconds, wanted) => expect(readable(seconds)).toBe(wanted));

test.each([
  [601, 600, 10],
  [121, 119, 2],
  [1, 0, 0],
  [700, 60, 2], // a laptop that was closed meanwhile: only what still matters
  [600, 599, undefined],
  [3600, 900, undefined],
])("from %d to %d seconds warns %s", (before, after, wanted) => expect(due(before, after)).toBe(wanted));

describe("the seat's clock", () => {
  let said: string[];
  let stop: () => void;
  const start = (ends: string, now?: string) => {
    const place = page(`<time data-clock data-ends="${ends}" ${now ? `data-now="${now}"` : ""}></time>`);
    said = [];
    stop = clock(place, speaker(), (text) => said.push(text));
    return place;
  };
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime("2026-05-01T10:00:00Z");
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  test("counts down, warns at 10 and 2 minutes and says when it is over, each once", () => {
    const place = start("2026-05-01T10:11:00Z");
    expect(place.textContent).toBe("11:00");
    expect(place.getAttribute("role")).toBe("timer");
    vi.advanceTimersByTime(61_000);
    expect(place.textContent).toBe("9:59");
    expect(place.classList).toContain("is-short");
    vi.advanceTimersByTime(20 * 60_000);
    expect(said).toHaveLength(3);
    expect(said[0]).toBe("10 minutes left in your seat.");
    expect(said[1]).toBe("2 minutes left in your seat.");
    expect(said[2]).toContain("Time is up");
  });

  test("goes by the server's clock where the browser's is wrong", () => {
    expect(start("2026-05-01T12:05:00Z", "2026-05-01T12:00:00Z").textContent).toBe("5:00");
  });

  test("an end that is moved counts at once", () => {
    const place = start("2026-05-01T10:05:00Z");
    place.dataset.ends = "2026-05-01T11:00:00Z";
    vi.advanceTimersByTime(1000);
    expect(place.textContent).toBe("59:59");
    expect(place.classList).not.toContain("is-short");
  });
});

describe("the theme", () => {
  const choose = (theme: string) => {
    const choice = one<HTMLSelectElement>("select");
    choice.value = theme;
    choice.dispatchEvent(new Event("change"));
  };
  beforeEach(() => {
    page(
      `<select data-theme-choice hidden>${["auto", "light", "dark", "contrast"]
        .map((theme) => `<option value="${theme}">${theme}</option>`)
        .join("")}</select>`,
    );
    // biome-ignore lint/suspicious/noDocumentCookie: jsdom has no other
    document.cookie = "podlab-theme=; max-age=0; path=/";
    document.documentElement.removeAttribute("data-theme");
  });

  test("is the system's until somebody chooses; the next page knows the choice", () => {
    themeChoice();
    expect(one("select").hidden).toBe(false);
    expect(document.documentElement.dataset.theme).toBeUndefined();
    const changed = vi.fn();
    document.addEventListener("podlab:theme", changed);
    choose("contrast");
    expect(document.documentElement.dataset.theme).toBe("contrast");
    expect(changed).toHaveBeenCalledOnce();
    expect(chosen()).toBe("contrast");
    themeChoice();
    expect(one<HTMLSelectElement>("select").value).toBe("contrast");
    choose("auto");
    expect(document.documentElement.hasAttribute("data-theme")).toBe(false);
  });
});
