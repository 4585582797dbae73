/** The keys that touch screens lack: Esc, Tab, sticky Ctrl and Alt, arrows. Shown where the pointer is coarse. */

import { button, make } from "../dom";
import type { Say } from "../words";

/** What Ctrl makes of a typed character; one that has no control code stays what it is. */
export function control(text: string): string {
  const upper = text.toUpperCase().charCodeAt(0);
  if (text.length !== 1) return text;
  if (text === " ") return "\0";
  if (text === "?") return "\x7f";
  return upper >= 0x40 && upper <= 0x5f ? String.fromCharCode(upper & 0x1f) : text;
}

export class ExtraKeys {
  readonly row: HTMLElement;
  readonly #sticky: Record<"ctrl" | "alt", HTMLButtonElement>;

  /** `type` sends; `applicationCursor` tells whether arrows are to be said the other way (DECCKM). */
  constructor(say: Say, type: (text: string) => void, applicationCursor: () => boolean) {
    const sticky = (label: string) => {
      const key = button(label, () => toggle(key), { "aria-pressed": "false" });
      return key;
    };
    const toggle = (key: HTMLButtonElement) =>
      key.setAttribute("aria-pressed", String(key.getAttribute("aria-pressed") !== "true"));
    this.#sticky = { ctrl: sticky("Ctrl"), alt: sticky("Alt") };
    const plain = (label: string, text: string) => button(label, () => type(this.applied(text)));
    const arrow = (label: string, name: string, letter: string) =>
      button(label, () => type(`\x1b${applicationCursor() ? "O" : "["}${letter}`), { "aria-label": name });
    this.row = make(
      "div",
      { class: "keys", role: "toolbar", "aria-label": say("keys") },
      plain("Esc", "\x1b"),
      plain("Tab", "\t"),
      this.#sticky.ctrl,
      this.#sticky.alt,
      arrow("←", say("keys.left"), "D"),
      arrow("↑", say("keys.up"), "A"),
      arrow("↓", say("keys.down"), "B"),
      arrow("→", say("keys.right"), "C"),
      ...["|", "/", "-", "~"].map((text) => plain(text, text)),
    );
    // The terminal keeps the focus, and a phone its keyboard.
    this.row.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** What is sent for typed text while Ctrl or Alt is down; they are up again after it. */
  applied(text: string): string {
    const isDown = (key: HTMLButtonElement) => key.getAttribute("aria-pressed") === "true";
    const { ctrl, alt } = this.#sticky;
    const made = (isDown(alt) ? "\x1b" : "") + (isDown(ctrl) ? control(text) : text);
    for (const key of [ctrl, alt]) key.setAttribute("aria-pressed", "false");
    return made;
  }
}
