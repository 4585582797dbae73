/** Checks: on demand, and by themselves (`data-auto`) while their step is open and somebody looks at it. */

import { ApiError, type State } from "../api";
import { all, make } from "../dom";
import type { Context } from "./context";

const FIRST_MS = 4000;
const LONGEST_MS = 20_000;
const SLOWER = 1.4;

export class Checks {
  readonly #running = new Set<HTMLElement>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause_ms = FIRST_MS;

  /** `passed` is called after a check has passed that had not before. */
  constructor(
    private readonly place: HTMLElement,
    private readonly context: Context,
    private readonly passed: () => void,
  ) {
    place.addEventListener("click", (event) => {
      const clicked = event.target instanceof Element ? event.target.closest('[data-action="check"]') : null;
      const check = clicked?.closest<HTMLElement>(".check");
      if (check) void this.#run(check, false);
    });
    place.addEventListener("podlab:ran", () => this.watch()); // what was just run may be what it waits for
    document.addEventListener("visibilitychange", () => this.watch());
    this.watch();
  }

  /** What the server knows of them; it does not keep what they printed, which stays where nothing is new. */
  restore(states: Readonly<Record<string, State>>): void {
    for (const check of all(".check", this.place)) {
      const found = states[check.dataset.checkId ?? ""];
      if (found && found !== "unknown" && found !== state(check)) this.#show(check, found);
    }
  }

  /** Looks at the automatic checks of the open step, soon at first, then ever more slowly. */
  watch(): void {
    clearTimeout(this.#timer);
    this.#pause_ms = FIRST_MS;
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #waiting(): HTMLElement[] {
    if (document.hidden) return [];
    return all(".step:not([hidden]) .check[data-auto]", this.place).filter(
      (check) => state(check) !== "passed",
    );
  }

  #schedule(): void {
    if (this.#waiting.length === 0) return;
    this.#timer = setTimeout(async () => {
      const timer = this.#timer;
      for (const check of this.#waiting) await this.#run(check, true);
      if (timer !== this.#timer) return; // begun anew meanwhile
      this.#pause_ms = Math.min(LONGEST_MS, this.#pause_ms * SLOWER);
      this.#schedule();
    }, this.#pause_ms);
  }

  async #run(check: HTMLElement, automatic: boolean): Promise<void> {
    if (this.#running.has(check)) return;
    this.#running.add(check);
    check.setAttribute("aria-busy", "true");
    const { api, say } = this.context;
    const before = state(check);
    if (!automatic) say_(check, say("check.checking"));
    try {
      const { status, output } = await api.check(check.dataset.checkId ?? "", automatic);
      this.#show(check, status, output);
      if (status === "passed" && before !== "passed") this.passed();
    } catch (error) {
      if (automatic) return; // the next look may be luckier
      const why = error instanceof ApiError && error.status > 0 ? error.message : say("offline");
      this.#show(check, "error", why);
    } finally {
      this.#running.delete(check);
      check.removeAttribute("aria-busy");
    }
  }

  #show(check: HTMLElement, found: Exclude<State, "unknown">, output = ""): void {
    const line = check.querySelector<HTMLElement>(".status");
    if (line) line.dataset.status = found;
    say_(check, this.context.say(`check.${found}`));
    let hint = check.querySelector<HTMLElement>(".output");
    if (!hint) {
      hint = make("pre", { class: "output", tabindex: "0" });
      check.append(hint);
    }
    hint.hidden = found === "passed" || output.trim() === "";
    if (hint.textContent !== output) hint.textContent = output;
  }
}

function state(check: HTMLElement): State {
  return (check.querySelector<HTMLElement>(".status")?.dataset.status ?? "unknown") as State;
}

/** A live region speaks at every change: so only at one. */
function say_(check: HTMLElement, text: string): void {
  const line = check.querySelector<HTMLElement>(".status");
  if (line && line.textContent !== text) line.textContent = text;
}
