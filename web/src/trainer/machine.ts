/** Pool and machine: `dl[data-machine]`, looked at again while somebody looks at the page. */

import { make } from "../dom";
import { attempt, busy, type Context } from "./context";
import { size } from "./format";

const EVERY_MS = 15_000;

interface Machine {
  readonly engine: string;
  readonly engine_version: string;
  readonly pool: { readonly count: number; readonly living: number; readonly taken: number };
  readonly machine: {
    readonly cpus: number;
    readonly load: number;
    readonly memory_bytes: number;
    readonly memory_free_bytes: number;
    readonly disk_bytes: number;
    readonly disk_free_bytes: number;
    readonly more_seats: number;
    readonly limited_by: "memory" | "disk";
  } | null;
  readonly seats_memory_bytes: number;
  readonly seats_cpus: number;
}

export function machine(context: Context, page: Document = document): () => void {
  const { call, say, announce } = context;
  const list = page.querySelector<HTMLElement>("[data-machine]");
  const look = async () => {
    if (page.hidden || !list) return;
    const found = await call<Machine>("GET", "machine").catch(() => undefined); // the grid says what is lost
    if (found) list.replaceChildren(...rows(context, found));
  };
  const form = page.querySelector<HTMLFormElement>('form[data-do="pool"]');
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const body = { count: Number(values.get("count")), warm: Number(values.get("warm")) };
    void busy(form, async () => {
      if (await attempt(context, () => call("PUT", "pool", body))) announce(say("trainer.changed"));
      await look();
    });
  });
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  return () => clearInterval(timer);
}

function rows(context: Context, found: Machine): Node[] {
  const { say } = context;
  const { pool, machine } = found;
  const made: Node[] = [];
  const add = (title: string, text: string, part?: number) => {
    const bar = part === undefined ? [] : [make("meter", meter(part, title))];
    made.push(make("div", {}, make("dt", {}, title), make("dd", {}, text, ...bar)));
  };
  const free = pool.living - pool.taken;
  add(
    say("trainer.machine.pool"),
    say("trainer.machine.pool.of", { taken: pool.taken, free, count: pool.count }),
  );
  if (machine) {
    const of = (left: number, all: number) => say("trainer.machine.of", { free: size(left), all: size(all) });
    add(
      say("trainer.machine.memory"),
      of(machine.memory_free_bytes, machine.memory_bytes),
      machine.memory_free_bytes / machine.memory_bytes,
    );
    add(
      say("trainer.machine.disk"),
      of(machine.disk_free_bytes, machine.disk_bytes),
      machine.disk_free_bytes / machine.disk_bytes,
    );
    const { cpus } = machine;
    add(say("trainer.machine.load"), say("trainer.machine.load.of", { load: machine.load.toFixed(1), cpus }));
    const what = say(`trainer.machine.${machine.limited_by}.word`);
    add(say("trainer.machine.more"), say("trainer.machine.more.seats", { seats: machine.more_seats, what }));
  } else {
    add(say("trainer.machine.memory"), say("trainer.machine.none"));
  }
  const memory = size(found.seats_memory_bytes);
  add(
    say("trainer.machine.seats"),
    say("trainer.machine.seats.of", { memory, cpus: found.seats_cpus.toFixed(1) }),
  );
  add(say("trainer.machine.engine"), `${found.engine} ${found.engine_version}`);
  return made;
}

function meter(part: number, label: string): Record<string, string> {
  return { value: part.toFixed(3), low: "0.15", high: "0.3", optimum: "1", "aria-label": label };
}
