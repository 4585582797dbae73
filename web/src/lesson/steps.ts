/** One step at a time, by links to `#step`, with what is done, what is locked, and how far it is. */

import type { Progress } from "../api";
import { all, button, make } from "../dom";
import { remember, remembered } from "../remembered";
import type { Context } from "./context";

const NONE: Progress = { done: [], unlocked: [], checks: {}, quizzes: {} };

export class Steps {
  readonly #steps: readonly HTMLElement[];
  readonly #links: readonly HTMLElement[];
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #where = make("span", { class: "where" });
  #progress = NONE;
  #open: HTMLElement | undefined;

  /** `opened` is called with the id of a step that is now seen. */
  constructor(
    private readonly place: HTMLElement,
    private readonly context: Context,
    private readonly opened: (step: string) => void,
  ) {
    const { say } = context;
    this.#steps = all(".step", place);
    this.#links = all("[data-steps] a[data-step]");
    for (const step of this.#steps) step.id ||= id(step);
    this.#previous = button(say("lesson.previous"), () => this.#move(-1));
    this.#next = button(say("lesson.next"), () => this.#move(1), { class: "primary" });
    if (this.#steps.length > 1) {
      place.append(make("nav", { class: "pager" }, this.#previous, this.#where, this.#next));
    }
    window.addEventListener("hashchange", () => this.#follow(true));
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[data-step]") : null;
      if (link?.getAttribute("aria-disabled") === "true") event.preventDefault();
    });
  }

  get current(): HTMLElement | undefined {
    return this.#open;
  }

  /** Opens the step that the address names, or the one that was open, or the first that is not done. */
  begin(progress: Progress = NONE): void {
    this.update(progress);
    const named =
      this.#named(location.hash.slice(1)) ?? this.#named(remembered(`${this.context.seat}.step`) ?? "");
    const todo = this.#steps.find((step) => !progress.done.includes(id(step)) && !this.#isLocked(step));
    this.#show(named && !this.#isLocked(named) ? named : (todo ?? this.#steps[0]), false);
  }

  /** What the server says now of what is done and unlocked. */
  update(progress: Progress = this.#progress): void {
    this.#progress = progress;
    const { say } = this.context;
    for (const link of this.#links) {
      const step = this.#named(link.dataset.step ?? "");
      const isDone = progress.done.includes(link.dataset.step ?? "");
      const isLocked = step !== undefined && this.#isLocked(step);
      link.classList.toggle("is-done", isDone);
      link.setAttribute("aria-disabled", String(isLocked));
      link.title = isLocked ? say("lesson.locked") : "";
      link.querySelector(".offscreen")?.remove();
      if (isDone) link.append(make("span", { class: "offscreen" }, ` (${say("lesson.done")})`));
    }
    const done = this.#steps.filter((step) => progress.done.includes(id(step))).length;
    const text = say("lesson.progress", { done, all: this.#steps.length });
    for (const bar of document.querySelectorAll<HTMLProgressElement>("progress[data-progress]")) {
      bar.max = this.#steps.length;
      bar.value = done;
      bar.setAttribute("aria-label", text);
      bar.title = text;
    }
    this.#page();
  }

  #named(step: string): HTMLElement | undefined {
    return this.#steps.find((each) => id(each) === step);
  }

  /** A check that opens the next step locks all after it until it has passed; the server refuses them as well. */
  #isLocked(step: HTMLElement): boolean {
    if (this.#progress.unlocked.includes(id(step))) return false;
    return this.#steps
      .slice(0, this.#steps.indexOf(step))
      .some((before) => all(".check[data-opens-next]", before).some((check) => !hasPassed(check)));
  }

  #follow(focus: boolean): void {
    const step = this.#named(location.hash.slice(1));
    if (step && !this.#isLocked(step)) this.#show(step, focus);
  }

  #move(by: number): void {
    const to = this.#open && this.#steps[this.#steps.indexOf(this.#open) + by];
    if (to) location.hash = id(to);
  }

  #show(step: HTMLElement | undefined, focus: boolean): void {
    if (!step || step === this.#open) return;
    this.#open = step;
    for (const each of this.#steps) each.hidden = each !== step;
    for (const link of this.#links) {
      if (link.dataset.step === id(step)) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    remember(`${this.context.seat}.step`, id(step));
    this.#page();
    this.opened(id(step));
    if (!focus) return;
    this.place.scrollTop = 0;
    const title = step.querySelector<HTMLElement>("h1");
    title?.setAttribute("tabindex", "-1");
    title?.focus();
  }

  #page(): void {
    if (!this.#open) return;
    const at = this.#steps.indexOf(this.#open);
    const next = this.#steps[at + 1];
    this.#previous.disabled = at === 0;
    this.#next.disabled = next === undefined || this.#isLocked(next);
    this.#next.title = next && this.#isLocked(next) ? this.context.say("lesson.locked") : "";
    this.#where.textContent = this.context.say("lesson.step_of", { step: at + 1, all: this.#steps.length });
  }
}

function id(step: HTMLElement): string {
  return step.dataset.stepId ?? "";
}

function hasPassed(check: HTMLElement): boolean {
  return check.querySelector<HTMLElement>(".status")?.dataset.status === "passed";
}
