/** A lesson on the page: `[data-lesson]` around what podlab.lesson.render made of its steps. */

import type { Progress } from "../api";
import { Checks } from "./checks";
import { commands, type Run } from "./commands";
import type { Context } from "./context";
import { Quizzes } from "./quizzes";
import { Steps } from "./steps";

/** Brings the steps in `place` to life; gives a function that asks the server again how far they are. */
export async function lesson(place: HTMLElement, context: Context, run?: Run): Promise<() => Promise<void>> {
  const { api } = context;
  const known = (): Promise<Progress | undefined> => api.progress().catch(() => undefined);
  const refresh = async () => {
    const progress = await known();
    if (progress) checks.restore(progress.checks);
    steps.update(progress);
  };
  commands(place, context, run);
  const checks = new Checks(place, context, refresh);
  const quizzes = new Quizzes(place, context, refresh);
  const steps = new Steps(place, context, (step) => {
    checks.watch();
    api.opened(step).then(refresh, (error: unknown) => console.warn("not written down:", error));
  });
  const progress = await known();
  if (progress) {
    checks.restore(progress.checks);
    quizzes.restore(progress.quizzes);
  }
  steps.begin(progress);
  return refresh;
}
