/** What the parts of the trainer's page have in common. */

import type { Announce } from "../announce";
import { ApiError, type Call } from "../request";
import type { Say as SayAnything } from "../words";
import type { Say } from "./words";

export interface Context {
  readonly call: Call;
  readonly say: Say;
  /** Words that every page has. */
  readonly general: SayAnything;
  readonly announce: Announce;
}

/** Does it, and says what failed. Gives nothing where it did. */
export async function attempt<T>(context: Context, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    context.announce(error.status > 0 ? error.message : context.general("offline"));
    return undefined;
  }
}

/** While it is done, the form's buttons cannot be pressed again. */
export async function busy<T>(form: HTMLFormElement, act: () => Promise<T>): Promise<T> {
  const buttons = [...form.querySelectorAll("button")].filter((each) => !each.disabled);
  for (const each of buttons) each.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    return await act();
  } finally {
    form.removeAttribute("aria-busy");
    for (const each of buttons) each.disabled = false;
  }
}
