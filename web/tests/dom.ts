/** Pages for tests, and waiting without clocks. */

import { vi } from "vitest";
import type { Api } from "../src/api";
import type { Context } from "../src/lesson/context";
import { speaker } from "../src/words";

/** Puts a page's body there and gives its first element. */
export function page(html: string): HTMLElement {
  document.body.innerHTML = html;
  return document.body.firstElementChild as HTMLElement;
}

export function one<T extends HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Lets every promise that can be settled be settled. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function media(matches = false): MediaQueryList & { set(matches: boolean): void } {
  const query = new EventTarget() as MediaQueryList & { set(matches: boolean): void; matches: boolean };
  Object.assign(query, {
    matches,
    addListener() {}, // the old name, which xterm.js still calls
    removeListener() {},
    set(now: boolean) {
      Object.assign(query, { matches: now });
      query.dispatchEvent(new Event("change"));
    },
  });
  return query;
}

export function fakeApi() {
  return {
    progress: vi.fn<Api["progress"]>(async () => ({ done: [], unlocked: [], checks: {}, quizzes: {} })),
    opened: vi.fn<Api["opened"]>(async () => {}),
    ran: vi.fn<Api["ran"]>(async () => {}),
    check: vi.fn<Api["check"]>(async () => ({ status: "failed", output: "" })),
    answer: vi.fn<Api["answer"]>(async () => ({
      result: "right",
      attempts: 1,
      attempts_left: null,
      explanation: "",
    })),
    raise: vi.fn<Api["raise"]>(async () => {}),
  };
}

export function context() {
  const announced: string[] = [];
  const api = fakeApi();
  const made: Context = { api, say: speaker(), announce: (text) => announced.push(text), seat: "s" };
  return { ...made, api, announced };
}
