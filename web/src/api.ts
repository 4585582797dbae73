/** The seat's JSON API, as web/README.md defines it. */

import type { Config } from "./config";

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

/** The server said no (`status`), or did not answer in time (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
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

const TIMEOUT_MS = 60_000; // a check may run for that long

export function api(config: Config, fetcher: typeof fetch = (...request) => fetch(...request)): Api {
  async function call<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (method === "POST") {
      headers["content-type"] = "application/json";
      headers["x-csrf-token"] = config.csrf;
    }
    let answer: Response;
    try {
      answer = await fetcher(config.api + path, {
        method,
        headers,
        credentials: "same-origin",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
      });
    } catch (error) {
      throw new ApiError(0, String(error));
    }
    if (!answer.ok) throw new ApiError(answer.status, await reason(answer));
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }
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

/** The portal's errors are `{"error": "what failed, on what, what to do"}`. */
async function reason(answer: Response): Promise<string> {
  try {
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === "string" ? error : answer.statusText;
  } catch {
    return answer.statusText;
  }
}
