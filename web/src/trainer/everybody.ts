/** Forms that do something in all seats, or in those that are chosen: `form[data-do]`, with what came of it below. */

import { make } from "../dom";
import { attempt, busy, type Context } from "./context";

export interface Result {
  readonly seat: number;
  readonly problem: string;
}

interface Ran extends Result {
  readonly exit_code: number | null;
  readonly output: string;
}

export type Target = () => { seats: readonly number[] | null; count: number };

const COMMAND_MS = 30 * 60_000; // thirty seats, some at once, two minutes each at most

export function everybody(context: Context, target: Target, page: ParentNode = document): void {
  const { call, say, announce } = context;
  const results = page.querySelector<HTMLElement>("[data-results]");
  const show = (...nodes: Node[]) => results?.replaceChildren(...nodes);

  function whom(): { seats?: readonly number[] } {
    const { seats } = target();
    return seats === null ? {} : { seats };
  }

  function on(name: string, act: (values: FormData, form: HTMLFormElement) => Promise<boolean>): void {
    const form = page.querySelector<HTMLFormElement>(`form[data-do="${name}"]`);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(form, async () => {
        show();
        if (await act(new FormData(form), form)) announce(say("trainer.changed"));
      });
    });
  }

  function told(answer: { results: readonly Result[] } | undefined): boolean {
    if (!answer) return false;
    const failed = answer.results.filter((each) => each.problem !== "");
    show(...failed.map((each) => make("p", { class: "bad" }, say("trainer.failed_in", { ...each }))));
    return failed.length === 0;
  }

  on("message", async (values, form) => {
    const text = String(values.get("text")).trim();
    const isSaid = await attempt(context, async () => {
      await call("POST", "messages", { text, ...whom() });
      return true;
    });
    if (isSaid) form.reset();
    return isSaid ?? false;
  });
  on("extend", async (values) => {
    const seconds = Number(values.get("minutes")) * 60;
    return told(await attempt(context, () => call("POST", "extend", { seconds, ...whom() })));
  });
  on("unlock", async (values) => {
    const step = String(values.get("step"));
    return told(await attempt(context, () => call("POST", "unlock", { step, ...whom() })));
  });
  on("command", async (values) => {
    const command = String(values.get("command"));
    show(make("p", {}, say("trainer.command.running", { count: target().count })));
    const answer = await attempt(context, () =>
      call<{ results: readonly Ran[] }>(
        "POST",
        "commands",
        { command, timeout_s: 60, ...whom() },
        COMMAND_MS,
      ),
    );
    show(...(answer?.results ?? []).map((each) => ran(context, each)));
    return false; // what it printed says enough
  });
  on("file", async (values) => {
    const file = values.get("file") as File;
    let path = String(values.get("path"));
    if (path.endsWith("/")) path += file.name;
    const query = new URLSearchParams({ path });
    for (const seat of target().seats ?? []) query.append("seat", String(seat));
    return told(await attempt(context, () => call("POST", `files?${query}`, file, COMMAND_MS)));
  });
}

function ran(context: Context, result: Ran): HTMLElement {
  const { say } = context;
  const how = result.problem || say("trainer.exit", { code: result.exit_code ?? "?" });
  const isGood = result.exit_code === 0;
  const title = `${say("trainer.details", { seat: result.seat })}: ${how}`;
  if (!result.output) return make("p", { class: isGood ? undefined : "bad" }, title);
  return make(
    "details",
    { class: isGood ? undefined : "bad", open: !isGood },
    make("summary", {}, title),
    make("pre", { tabindex: "0", "aria-label": say("trainer.more") }, result.output),
  );
}
