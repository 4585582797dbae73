/** A question with a few answers, in a modal `<dialog>`: Escape is the last answer, the first is focused. */

import { make } from "./dom";

export interface Answer<T> {
  readonly label: string;
  readonly value: T;
}

/** Asks, and gives the value of the chosen answer; focus goes back to where it was. */
export function ask<T>(title: string, body: (Node | string)[], answers: readonly Answer<T>[]): Promise<T> {
  const before = document.activeElement;
  const id = "dialog-title";
  const form = make("form", { method: "dialog" }, make("h2", { id }, title), ...body);
  const row = make("div", { class: "buttons" });
  answers.forEach((answer, index) => {
    row.append(
      make("button", { value: String(index), class: index === 0 ? "primary" : undefined }, answer.label),
    );
  });
  form.append(row);
  const dialog = make("dialog", { "aria-labelledby": id, class: "question" }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const index = dialog.returnValue ? Number(dialog.returnValue) : answers.length - 1;
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve((answers[index] as Answer<T>).value);
    });
    dialog.showModal();
    row.querySelector("button")?.focus();
  });
}
