import { beforeEach, describe, expect, test, vi } from "vitest";
import { divider } from "../src/panes/divider";
import { Tabs } from "../src/panes/tabs";
import { media, one, page } from "./dom";

beforeEach(() => localStorage.clear());

describe("the divider", () => {
  const start = (stacked = media()) => {
    const container = page('<div><div id="lesson"></div></div>');
    const options = { label: "Width", stackedLabel: "Height", controls: "lesson", key: "d" };
    const line = divider(container, { ...options, stacked, min: 20, max: 80, start: 40 });
    container.append(line);
    return { container, line };
  };
  const press = (line: HTMLElement, key: string, more: KeyboardEventInit = {}) =>
    line.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));
  const now = (line: HTMLElement) => line.getAttribute("aria-valuenow");

  test("is a separator that says what it separates and where it stands", () => {
    const { container, line } = start();
    expect(line.getAttribute("role")).toBe("separator");
    expect(line.getAttribute("aria-orientation")).toBe("vertical");
    expect(line.getAttribute("aria-controls")).toBe("lesson");
    expect(line.tabIndex).toBe(0);
    expect(now(line)).toBe("40");
    expect(container.style.getPropertyValue("--share")).toBe("40%");
  });

  test.each([
    ["ArrowRight", "42"],
    ["ArrowLeft", "38"],
    ["PageUp", "30"],
    ["PageDown", "50"],
    ["Home", "20"],
    ["End", "80"],
    ["ArrowUp", "40"],
  ])("%s moves it to %s", (key, wanted) => {
    const { line } = start();
    press(line, key);
    expect(now(line)).toBe(wanted);
  });

  test("stays within its limits, and leaves the browser's own keys alone", () => {
    const { line } = start();
    press(line, "End");
    press(line, "ArrowRight");
    expect(now(line)).toBe("80");
    expect(press(line, "ArrowLeft", { altKey: true })).toBe(true);
    expect(now(line)).toBe("80");
  });

  test("is remembered, side by side and stacked apart", () => {
    press(start().line, "End");
    const stacked = media();
    const { line } = start(stacked);
    expect(now(line)).toBe("80");
    stacked.set(true);
    expect(line.getAttribute("aria-orientation")).toBe("horizontal");
    expect(line.getAttribute("aria-label")).toBe("Height");
    expect(now(line)).toBe("40");
    press(line, "ArrowDown");
    stacked.set(false);
    expect(now(line)).toBe("80");
  });

  test("follows the pointer from press to release", () => {
    const { container, line } = start();
    line.setPointerCapture = vi.fn();
    container.getBoundingClientRect = () => new DOMRect(100, 0, 1000, 500);
    const pointer = (type: string, clientX: number) =>
      line.dispatchEvent(new MouseEvent(type, { clientX, button: 0, cancelable: true }));
    pointer("pointermove", 700);
    expect(now(line)).toBe("40");
    pointer("pointerdown", 500);
    pointer("pointermove", 700);
    expect(now(line)).toBe("60");
    pointer("pointerup", 700);
    pointer("pointermove", 300);
    expect(now(line)).toBe("60");
  });

  test("does not fall over nonsense in the storage", () => {
    localStorage.setItem("podlab.d.beside", "wide");
    expect(now(start().line)).toBe("40");
  });
});

describe("tabs", () => {
  const start = () => {
    page("<main></main>");
    const panels = ["shell", "docker", "logs"].map((name) => {
      const panel = document.createElement("div");
      document.body.append(panel);
      return { name, label: name, panel };
    });
    const events = { changed: vi.fn(), entered: vi.fn() };
    const tabs = new Tabs(panels, { list: "Terminals", split: "Split" }, events);
    document.body.prepend(tabs.list, tabs.splitter);
    return { tabs, events };
  };
  const seen = () =>
    [...document.querySelectorAll<HTMLElement>('[role="tabpanel"]')]
      .filter((each) => !each.hidden)
      .map((each) => each.id);

  test("one panel is seen, and its tab is the one in the tab order", () => {
    const { events } = start();
    expect(seen()).toEqual(["panel-shell"]);
    one("#tab-docker").click();
    expect(seen()).toEqual(["panel-docker"]);
    expect(one('[aria-selected="true"]').id).toBe("tab-docker");
    expect([...document.querySelectorAll<HTMLElement>('[role="tab"]')].map((each) => each.tabIndex)).toEqual([
      -1, 0, -1,
    ]);
    expect(events.entered).toHaveBeenCalledExactlyOnceWith("docker");
  });

  test("arrows walk over them and around, without entering", () => {
    const { events } = start();
    const press = (key: string) =>
      one('[aria-selected="true"]').dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("ArrowLeft");
    expect(document.activeElement?.id).toBe("tab-logs");
    press("ArrowRight");
    press("ArrowRight");
    expect(document.activeElement?.id).toBe("tab-docker");
    expect(events.entered).not.toHaveBeenCalled();
  });

  test("split shows the two that were chosen last", () => {
    const { tabs } = start();
    one("#tab-logs").click();
    tabs.splitter.click();
    expect(seen()).toEqual(["panel-shell", "panel-logs"]);
    one("#tab-docker").click();
    expect(seen()).toEqual(["panel-docker", "panel-logs"]);
    expect(tabs.splitter.getAttribute("aria-pressed")).toBe("true");
    tabs.splitter.click();
    expect(seen()).toEqual(["panel-docker"]);
  });
});
