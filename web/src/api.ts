/** The seat's JSON API, as web/README.md defines it. */

import type { Config } from "./config";
import { caller } from "./request";

export { ApiError } from "./request";

export type State = "unknown" | "failed" | "passed" | "error";

export interface CheckResult {
  readonly status: Exclude<State, "unknown">;
  /** What the check printed: the hint. Plain text. */
  readonly output: string;
}

export interface QuizResult {
  readonly result: "right" | "partly" | "wrong";
  readonly attempts: number;
  /** `null`: as many as one likes. */
  readonly attempts_left: number | null;
  /** As the lesson's renderer made it; only after an answer. */
  readonly explanation: string;
}

export interface Progress {
  /** Steps that are done, and steps that a trainer has unlocked. */
  readonly done: readonly string[];
  readonly unlocked: readonly string[];
  readonly checks: Readonly<Record<string, State>>;
  readonly quizzes: Readonly<Record<string, QuizResult>>;
}

export interface Api {
  progress(): Promise<Progress>;
  opened(step: string): Promise<void>;
  ran(command: string): Promise<void>;
  check(id: string, automatic: boolean): Promise<CheckResult>;
  answer(quiz: string, choices: readonly string[]): Promise<QuizResult>;
  /** Raise a hand, or lower it. */
  raise(isRaised: boolean): Promise<void>;
}

export function api(config: Config, fetcher: typeof fetch = (...request) => fetch(...request)): Api {
  const call = caller(config, fetcher);
  const id = encodeURIComponent;
  return {
    progress: () => call("GET", "progress"),
    opened: (step) => call("POST", `steps/${id(step)}/opened`),
    ran: (command) => call("POST", `commands/${id(command)}/ran`),
    check: (check, automatic) => call("POST", `checks/${id(check)}`, { automatic }),
    answer: (quiz, choices) => call("POST", `quizzes/${id(quiz)}`, { choices }),
    raise: (isRaised) => call("POST", "hand", { raised: isRaised }),
  };
}
