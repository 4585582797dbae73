/** One seat in a dialog: what there is to know of it, and what can be done. What cannot be undone is asked about. */

import { ask } from "../dialog";
import { button, make } from "../dom";
import type { Row } from "./board";
import { attempt, type Context } from "./context";
import { size } from "./format";

interface Card {
  readonly name: string;
  readonly code: string | null;
  readonly link: string | null;
}

export function openSeat(context: Context, row: Row, only: (seat: number) => void): void {
  const { say, call, announce } = context;
  const name = row.name || say("trainer.details", { seat: row.seat });
  const dialog = make("dialog", { class: "seat", "aria-labelledby": "seat-title" });
  const before = document.activeElement;
  const notes = make("div", { class: "results", role: "status" });

  async function act(path: string, question: string, label: string): Promise<void> {
    if (!(await sure(context, label, question))) return;
    const done = await attempt(context, () => call<Row>("POST", `seats/${row.seat}/${path}`));
    if (done) {
      announce(say("trainer.changed"));
      dialog.close();
    }
  }

  async function newCode(): Promise<void> {
    if (!(await sure(context, say("trainer.code"), say("trainer.code.ask", { name })))) return;
    const card = await attempt(context, () => call<Card>("POST", `seats/${row.seat}/code`));
    if (!card) return;
    notes.replaceChildren(
      make("p", {}, say("trainer.code.once", { name })),
      make("p", { class: "code" }, card.code ?? ""),
      make("p", { class: "address" }, card.link ?? ""),
    );
  }

  async function lowerHand(): Promise<void> {
    if (await attempt(context, () => call("POST", `seats/${row.seat}/lower-hand`))) dialog.close();
  }

  const isTaken = row.is_taken && row.state !== "ended";
  const address = `/trainer/seats/${row.seat}/`;
  const doing: HTMLElement[] = [];
  if (row.state === "claimed") {
    doing.push(
      make("a", { href: `${address}?mode=watch`, class: "button primary" }, say("trainer.watch")),
      make("a", { href: `${address}?mode=assist`, class: "button" }, say("trainer.assist")),
    );
  }
  if (row.hand_raised_at !== null) doing.push(button(say("trainer.hand.lower"), () => void lowerHand()));
  if (isTaken) {
    doing.push(
      button(say("trainer.only"), () => {
        dialog.close();
        only(row.seat);
      }),
      button(say("trainer.code"), () => void newCode()),
      button(
        say("trainer.reassign"),
        () => void act("reassign", say("trainer.reassign.ask", { name }), say("trainer.reassign")),
      ),
    );
  }
  doing.push(
    button(
      say("trainer.reset"),
      () => void act("reset", say("trainer.reset.ask", { name }), say("trainer.reset")),
    ),
  );
  if (row.state !== "ended") {
    doing.push(
      button(say("trainer.end"), () => void act("end", say("trainer.end.ask", { name }), say("trainer.end"))),
    );
  }
  dialog.append(
    make(
      "h2",
      { id: "seat-title" },
      `${say("trainer.details", { seat: row.seat })} · ${row.name || say("trainer.nobody")}`,
    ),
    facts(context, row),
    make("div", { class: "buttons" }, ...doing),
    notes,
    make("form", { method: "dialog", class: "closing" }, make("button", {}, context.general("close"))),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function facts(context: Context, row: Row): HTMLElement {
  const { say } = context;
  const list = make("dl", { class: "facts" });
  const add = (title: string, text: string) => {
    if (text) list.append(make("dt", {}, title), make("dd", {}, text));
  };
  add(say("trainer.column.state"), `${say(`trainer.state.${row.state}`)} · ${row.pod}`);
  add(say("trainer.column.step"), row.step_title);
  add(
    say("trainer.column.failing"),
    row.failing.map((each) => `${each.name} ${say("trainer.attempts", { times: each.times })}`).join("\n"),
  );
  add("", row.problem);
  if (row.memory_bytes !== null) {
    const cpus = (row.cpus ?? 0).toFixed(1);
    add(say("trainer.column.uses"), say("trainer.uses.of", { memory: size(row.memory_bytes), cpus }));
  }
  return list;
}

function sure(context: Context, label: string, question: string): Promise<boolean> {
  return ask(
    label,
    [make("p", {}, question)],
    [
      { label, value: true },
      { label: context.general("cancel"), value: false },
    ],
  );
}
