/** Commands: run on click, copied, or all of a step run one after the other. */

import type { Api } from "../api";
import { all, button } from "../dom";
import { copyText } from "./clipboard";
import type { Context } from "./context";

/** Whether the text went into the terminal of that name. */
export type Run = (text: string, terminal: string) => Promise<boolean>;

export function commands(place: HTMLElement, { api, say, announce }: Context, run?: Run): void {
  place.addEventListener("click", async (event) => {
    const clicked = event.target instanceof Element ? event.target.closest("button[data-action]") : null;
    const block = clicked?.closest<HTMLElement>(".command, .code");
    if (!clicked || !block) return;
    const action = clicked.getAttribute("data-action");
    if (action === "copy") announce(say((await copyText(text(block))) ? "copy.done" : "copy.failed"));
    else if (action === "run" && run) await runOne(block, run, api);
  });
  if (!run) {
    for (const made of all('[data-action="run"]', place)) made.hidden = true;
    return;
  }
  for (const step of all(".step", place)) {
    const blocks = all(".command", step);
    if (blocks.length < 2) continue;
    const runAll = button(
      say("lesson.run_all"),
      async () => {
        for (const block of blocks) if (!(await runOne(block, run, api))) return;
      },
      { class: "run-all" },
    );
    step.append(runAll);
  }
}

function text(block: HTMLElement): string {
  return block.querySelector("pre")?.textContent ?? "";
}

async function runOne(block: HTMLElement, run: Run, api: Api): Promise<boolean> {
  if (!(await run(text(block), block.dataset.terminal ?? ""))) return false;
  block.classList.add("was-run");
  block.dispatchEvent(new CustomEvent("podlab:ran", { bubbles: true }));
  // The shell has it: that it is not written down is no reason to say that it failed.
  await api
    .ran(block.dataset.commandId ?? "")
    .catch((error: unknown) => console.warn("not written down:", error));
  return true;
}
