/** The bar that finds text in a terminal's scrollback. */

import type { SearchAddon } from "@xterm/addon-search";
import { button, make } from "../dom";
import type { Say } from "../words";
import { hex } from "./theme";

export class SearchBar {
  readonly bar: HTMLElement;
  readonly #field: HTMLInputElement;

  /** Takes its colours at `place`; `done` is called when the bar is closed. */
  constructor(addon: SearchAddon, say: Say, place: HTMLElement, done: () => void) {
    const count = make("output", {});
    this.#field = make("input", { type: "search", "aria-label": say("search.label"), spellcheck: "false" });
    const find = (forward: boolean, incremental = false) => {
      const colour = (name: string) => hex(place, name);
      const decorations = {
        matchBackground: colour("match"),
        activeMatchBackground: colour("match-active"),
        matchOverviewRuler: colour("match"),
        activeMatchColorOverviewRuler: colour("match-active"),
      };
      if (forward) addon.findNext(this.#field.value, { incremental, decorations });
      else addon.findPrevious(this.#field.value, { decorations });
    };
    addon.onDidChangeResults(({ resultIndex, resultCount }) => {
      const found =
        resultCount > 0
          ? say("search.count", { index: resultIndex + 1, count: resultCount })
          : say("search.none");
      count.textContent = this.#field.value === "" ? "" : found;
    });
    const close = () => {
      this.bar.hidden = true;
      addon.clearDecorations();
      done();
    };
    this.#field.addEventListener("input", () => find(true, true));
    this.bar = make(
      "div",
      { class: "search", role: "search", hidden: true },
      this.#field,
      count,
      button("↑", () => find(false), { "aria-label": say("search.previous") }),
      button("↓", () => find(true), { "aria-label": say("search.next") }),
      button("✕", close, { "aria-label": say("close") }),
    );
    this.bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && event.target === this.#field) find(!event.shiftKey);
      else return;
      event.preventDefault();
    });
  }

  show(): void {
    this.bar.hidden = false;
    this.#field.focus();
    this.#field.select();
  }
}
