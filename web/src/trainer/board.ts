/** The grid's data: rows as the API gives them, what changes in them, and which are shown in which order. Pure. */

export type State = "making" | "warm" | "claimed" | "resetting" | "broken" | "ended";

export interface Failing {
  readonly id: string;
  readonly kind: "check" | "quiz";
  readonly name: string;
  readonly times: number;
}

export interface Row {
  readonly seat: number;
  readonly pod: string;
  readonly name: string;
  readonly is_taken: boolean;
  readonly state: State;
  readonly problem: string;
  readonly is_online: boolean;
  readonly hand_raised_at: string | null;
  readonly step: string;
  readonly step_title: string;
  readonly step_number: number;
  readonly steps_passed: number;
  readonly failing: readonly Failing[];
  readonly failures: number;
  readonly is_stuck: boolean;
  readonly active_at: string | null;
  readonly claimed_at: string | null;
  readonly ends_at: string | null;
  readonly memory_bytes: number | null;
  readonly cpus: number | null;
  readonly processes: number | null;
}

/** `seats` are all rows, whoever needs the trainer first. */
export interface Board {
  readonly now: string;
  readonly workshop: string;
  readonly steps: number;
  readonly count: number;
  readonly warm: number;
  readonly seats: readonly Row[];
}

/** As the event `board` has it: only the rows that have changed, and the numbers of all. */
export interface Change extends Board {
  readonly order: readonly number[];
}

export function merged(board: Board, change: Change): Board {
  const rows = new Map([...board.seats, ...change.seats].map((row) => [row.seat, row]));
  const seats = change.order.map((seat) => rows.get(seat)).filter((row) => row !== undefined);
  const { order: _, ...rest } = change;
  return { ...rest, seats };
}

export type Shown = "living" | "help" | "taken" | "ended" | "all";
export type Column = "seat" | "name" | "state" | "step" | "failing" | "idle" | "left" | "uses";

/** How the rows are sorted; without a column, whoever needs the trainer comes first. */
export interface Sorting {
  readonly column: Column | null;
  readonly isDescending: boolean;
}

export const needsHelp = (row: Row) =>
  row.state !== "ended" && (row.hand_raised_at !== null || row.is_stuck || row.state === "broken");

const KINDS: Record<Shown, (row: Row) => boolean> = {
  living: (row) => row.state !== "ended",
  help: needsHelp,
  taken: (row) => row.is_taken && row.state !== "ended",
  ended: (row) => row.state === "ended",
  all: () => true,
};

/** Larger comes later; without a value always last. */
const VALUES: Record<Column, (row: Row) => number | string | null> = {
  seat: (row) => row.seat,
  name: (row) => row.name.toLocaleLowerCase() || null,
  state: (row) => row.state,
  step: (row) => row.step_number,
  failing: (row) => row.failures,
  idle: (row) => (row.active_at === null ? null : -Date.parse(row.active_at)),
  left: (row) => (row.ends_at === null ? null : Date.parse(row.ends_at)),
  uses: (row) => row.memory_bytes,
};

export function shown(board: Board, kind: Shown, filter: string, sorting: Sorting): Row[] {
  const words = filter.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const rows = board.seats.filter((row) => {
    const text = `${row.seat} ${row.pod} ${row.name} ${row.step_title}`.toLocaleLowerCase();
    return KINDS[kind](row) && words.every((word) => text.includes(word));
  });
  const { column, isDescending } = sorting;
  if (column === null) return rows;
  const value = VALUES[column];
  return rows.sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : Number(a) - Number(b);
    return isDescending ? -order : order;
  });
}

export interface Summary {
  readonly taken: number;
  readonly online: number;
  readonly help: number;
  readonly free: number;
}

export function summary(board: Board): Summary {
  const count = (is: (row: Row) => boolean) => board.seats.filter(is).length;
  return {
    taken: count(KINDS.taken),
    online: count((row) => row.is_online && row.state !== "ended"),
    help: count(needsHelp),
    free: count((row) => !row.is_taken && row.state !== "ended"),
  };
}
