/** Quizzes: sent without leaving the page, graded on the server, explained after an answer. */

import { ApiError, type QuizResult } from "../api";
import { make } from "../dom";
import type { Context } from "./context";
import { fragment } from "./fragment";

export class Quizzes {
  /** `answered` is called after each answer that was graded. */
  constructor(
    private readonly place: HTMLElement,
    private readonly context: Context,
    private readonly answered: () => void,
  ) {
    place.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || form.dataset.quizId === undefined) return;
      event.preventDefault();
      void this.#send(form, form.dataset.quizId);
    });
  }

  /** What the server knows of them. */
  restore(results: Readonly<Record<string, QuizResult>>): void {
    for (const form of this.place.querySelectorAll<HTMLFormElement>("form.quiz")) {
      const result = results[form.dataset.quizId ?? ""];
      if (result) this.#show(form, result);
    }
  }

  async #send(form: HTMLFormElement, quiz: string): Promise<void> {
    const { api, say } = this.context;
    const choices = new FormData(form).getAll("answer").map(String);
    if (choices.length === 0) return tell(form, say("answer.choose"));
    const submit = form.querySelector<HTMLButtonElement>('button[type="submit"]');
    if (submit) submit.disabled = true;
    try {
      this.#show(form, await api.answer(quiz, choices));
      this.answered();
    } catch (error) {
      tell(form, error instanceof ApiError && error.status > 0 ? error.message : say("offline"));
      if (submit) submit.disabled = false;
    }
  }

  #show(form: HTMLFormElement, found: QuizResult): void {
    const { say } = this.context;
    const isOver = found.result === "right" || found.attempts_left === 0;
    const more = found.attempts_left === 0 && found.result !== "right" ? ` ${say("answer.none_left")}` : "";
    form.dataset.result = found.result;
    tell(form, say(`answer.${found.result}`, { attempts: found.attempts }) + more);
    const fields = form.querySelector("fieldset");
    if (fields) fields.disabled = isOver;
    const submit = form.querySelector<HTMLButtonElement>('button[type="submit"]');
    if (submit) {
      submit.disabled = isOver;
      submit.hidden = isOver;
    }
    form.querySelector(".explanation")?.remove();
    if (found.explanation !== "")
      form.append(make("div", { class: "explanation" }, fragment(found.explanation)));
  }
}

function tell(form: HTMLFormElement, text: string): void {
  const line = form.querySelector(".result");
  if (line) line.textContent = text;
}
