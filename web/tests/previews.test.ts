import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { follow, previews } from "../src/previews/previews";
import { Terminals } from "../src/terminal/terminals";
import { speaker } from "../src/words";
import { one, page } from "./dom";

let opened: Terminals;

beforeEach(() => localStorage.clear());
afterEach(() => {
  opened.close();
  vi.unstubAllGlobals();
});

const PANELS = `<div data-preview="app" data-title="The app" data-address="/seat/previews/app/"></div>
<div data-preview="any" data-title="Port…" data-ports="/seat/previews/"></div>`;

function start(panels = PANELS) {
  const place = page(`<section data-terminals>${panels}</section>
<div data-lesson><a href="/seat/previews/app/status?x" data-preview="app"><b>the app</b></a>
<a href="/seat/previews/other" data-preview="other">other</a> <a href="/x">x</a></div>`);
  const say = speaker();
  const shown = previews(place, say);
  opened = new Terminals(place, "s", say, () => {}, shown);
  follow(one("[data-lesson]"), shown, (name) => opened.choose(name));
}

const frame = (name: string) => one<HTMLIFrameElement>(`[data-preview="${name}"] iframe`);
const click = (selector: string, more: MouseEventInit = {}) =>
  one(selector).dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...more }));

test("a preview is loaded when it is first seen, and only then", () => {
  start(`${PANELS}<div data-preview="docs" data-address="/seat/previews/docs/"></div>`);
  expect(frame("app").getAttribute("src")).toBe("/seat/previews/app/");
  expect(frame("docs").getAttribute("src")).toBeNull();
  one('[id="tab-_preview-docs"]').click();
  expect(frame("docs").getAttribute("src")).toBe("/seat/previews/docs/");
  const set = vi.spyOn(frame("docs"), "setAttribute");
  one('[id="tab-_preview-app"]').click();
  one('[id="tab-_preview-docs"]').click();
  expect(set).not.toHaveBeenCalled();
});

test("what runs in it may not lead the page away", () => {
  start();
  const rights = frame("app").getAttribute("sandbox")?.split(" ") ?? [];
  expect(rights).toContain("allow-scripts");
  expect(rights.filter((each) => /top-navigation|escape/.test(each))).toEqual([]);
  expect(frame("app").title).toBe("Preview: The app");
});

test("reload begins anew", () => {
  start();
  const set = vi.spyOn(frame("app"), "setAttribute");
  one('[data-preview="app"] button').click();
  expect(set).toHaveBeenCalledWith("src", "/seat/previews/app/");
});

test("a new tab knows nothing of the page", () => {
  start();
  const link = one<HTMLAnchorElement>('[data-preview="app"] a');
  expect([link.getAttribute("href"), link.target, link.rel]).toEqual([
    "/seat/previews/app/",
    "_blank",
    "noopener noreferrer",
  ]);
});

test("any port can be asked for", () => {
  start();
  one('[id="tab-_preview-any"]').click();
  const panel = one('[data-preview="any"]');
  expect(frame("any").hidden).toBe(true);
  expect(panel.querySelector("a")?.hidden).toBe(true);
  const input = one<HTMLInputElement>('[data-preview="any"] input');
  expect(document.activeElement).toBe(input);
  for (const wrong of ["0", "65536", "1.5", ""]) {
    input.value = wrong;
    panel.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(frame("any").getAttribute("src")).toBeNull();
  }
  input.value = "8081";
  panel.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  expect(frame("any").getAttribute("src")).toBe("/seat/previews/8081/");
  expect(frame("any").hidden).toBe(false);
  expect(panel.querySelector("a")?.getAttribute("href")).toBe("/seat/previews/8081/");
});

test("a link of the lesson shows its preview in its tab", () => {
  start();
  one('[id="tab-_preview-any"]').click();
  expect(click("[data-lesson] b")).toBe(false);
  expect(frame("app").getAttribute("src")).toBe("/seat/previews/app/status?x");
  expect(one('[data-preview="app"]').hidden).toBe(false);
  expect(click('[data-lesson] a[href="/x"]')).toBe(true);
  expect(click('[data-lesson] a[data-preview="other"]')).toBe(true);
  expect(click("[data-lesson] b", { ctrlKey: true })).toBe(true);
});
