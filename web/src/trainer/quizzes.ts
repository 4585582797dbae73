/** Results of quizzes as bars; the numbers stand beside them. */

import { make } from "../dom";
import type { Context } from "./context";

interface Bar {
  readonly text: string;
  readonly is_right: boolean;
  readonly seats: number;
}

interface Quiz {
  readonly question: string;
  readonly step_title: string;
  readonly answered: number;
  readonly right: number;
  readonly right_at_first: number;
  readonly bars: readonly Bar[];
}

const TOGETHER_MS = 1000;

/** Gives a function to be called when something was answered. */
export function quizzes(context: Context, page: ParentNode = document): () => void {
  const place = page.querySelector<HTMLElement>("[data-quizzes]");
  let waits = false;
  const look = async () => {
    waits = false;
    const found = await context.call<{ quizzes: readonly Quiz[] }>("GET", "quizzes").catch(() => undefined);
    if (found) place?.replaceChildren(...shown(context, found.quizzes));
  };
  void look();
  return () => {
    if (waits) return;
    waits = true;
    setTimeout(() => void look(), TOGETHER_MS);
  };
}

function shown(context: Context, all: readonly Quiz[]): Node[] {
  const { say } = context;
  if (all.length === 0) return [make("p", {}, say("trainer.quizzes.none"))];
  return all.map((quiz) =>
    make(
      "section",
      { class: "quiz-result" },
      make("h3", {}, quiz.question),
      make(
        "p",
        { class: "quiet" },
        `${quiz.step_title} · ${say("trainer.answered", { answered: quiz.answered, right: quiz.right, first: quiz.right_at_first })}`,
      ),
      make("ul", { class: "bars" }, ...quiz.bars.map((bar) => line(context, bar, quiz.answered))),
    ),
  );
}

function line(context: Context, bar: Bar, answered: number): HTMLElement {
  const label = bar.is_right
    ? [bar.text, " ", make("span", { class: "sign is-online" }, `✓ ${context.say("trainer.right")}`)]
    : [bar.text];
  return make(
    "li",
    {},
    make("span", { class: "choice-text" }, ...label),
    make("progress", {
      max: String(Math.max(1, answered)),
      value: String(bar.seats),
      class: bar.is_right ? "is-right" : undefined,
      "aria-label": bar.text,
    }),
    make("span", { class: "number" }, String(bar.seats)),
  );
}
