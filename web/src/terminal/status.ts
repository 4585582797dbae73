/** The line under a terminal: whether it is connected, who watches, and the one button that helps. */

import { make } from "../dom";

export class Status {
  readonly bar: HTMLElement;
  readonly #text = make("span", { class: "text" });
  readonly #note = make("span", { class: "who" });

  constructor(private readonly button: HTMLButtonElement) {
    this.bar = make("div", { class: "status", role: "status" }, this.#text, this.#note, button);
    button.hidden = true;
  }

  well(text: string): void {
    this.#set("open", text);
  }

  progress(text: string): void {
    this.#set("connecting", text);
  }

  /** Something that needs an answer: the button says which. Without one there is none. */
  problem(text: string, action?: string): void {
    this.#set("problem", text);
    this.button.hidden = action === undefined;
    if (action !== undefined) this.button.textContent = action;
  }

  /** Stands beside the state, whatever it is. */
  note(text: string): void {
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  #set(state: string, text: string): void {
    this.bar.dataset.state = state;
    this.#text.textContent = text;
    this.button.hidden = true;
  }
}
