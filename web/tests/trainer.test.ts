import { beforeEach, expect, test, vi } from "vitest";
import words from "../../src/podlab/portal/words/en/trainer.json";
import type { Call } from "../src/request";
import { ApiError } from "../src/request";
import { type Board, type Change, merged, type Row, shown, summary } from "../src/trainer/board";
import type { Context } from "../src/trainer/context";
import { everybody } from "../src/trainer/everybody";
import { size, span } from "../src/trainer/format";
import { follow } from "../src/trainer/live";
import { openSeat } from "../src/trainer/seat";
import { Grid } from "../src/trainer/table";
import { speaker } from "../src/trainer/words";
import { speaker as general } from "../src/words";
import { one, page, settled } from "./dom";

const say = speaker(words);

function row(seat: number, changes: Partial<Row> = {}): Row {
  return {
    seat,
    pod: `lab-0${seat}`,
    name: `Person ${seat}`,
    is_taken: true,
    state: "claimed",
    problem: "",
    is_online: false,
    hand_raised_at: null,
    step: "one",
    step_title: "One",
    step_number: 1,
    steps_passed: 0,
    failing: [],
    failures: 0,
    is_stuck: false,
    active_at: null,
    claimed_at: null,
    ends_at: null,
    memory_bytes: null,
    cpus: null,
    processes: null,
    ...changes,
  };
}

function boardOf(...seats: Row[]): Board {
  return { now: "2026-01-31T12:00:00Z", workshop: "Lab", steps: 3, count: 9, warm: 1, seats };
}

const GRID = `<main><p data-summary></p><div data-tools hidden>
<input data-filter><select data-show><option value="living"></option><option value="help"></option></select>
<button data-sort-stuck></button></div>
<table data-grid><thead><tr>${["seat", "name", "state", "step", "failing", "idle", "left", "uses"]
  .map((column) => `<th data-column="${column}">${column}</th>`)
  .join("")}</tr></thead><tbody><tr><td>from the server</td></tr></tbody></table></main>`;

function grid(board: Board) {
  page(GRID);
  const opened: number[] = [];
  const chosen: (readonly number[])[] = [];
  const made = new Grid(one("[data-grid]"), one("[data-tools]"), board, {
    say,
    open: (seat) => opened.push(seat),
    chose: (seats) => chosen.push(seats),
  });
  const order = () =>
    [...document.querySelectorAll("tbody .seat-number")].map((each) => Number(each.textContent));
  return { made, opened, chosen, order };
}

beforeEach(() => {
  document.body.innerHTML = "";
});

test("a change has only the rows that changed, and the order of all", () => {
  const board = boardOf(row(1), row(2), row(3));
  const change: Change = { ...boardOf(row(2, { name: "Bob" })), order: [2, 1] };
  expect(merged(board, change).seats.map(({ seat, name }) => [seat, name])).toEqual([
    [2, "Bob"],
    [1, "Person 1"],
  ]);
});

test("rows are found by words, kinds and columns; those without a value come last", () => {
  const board = boardOf(
    row(3, { hand_raised_at: "2026-01-31T11:00:00Z", memory_bytes: 5 }),
    row(1, { memory_bytes: 9 }),
    row(2, { state: "ended" }),
    row(4, { state: "warm", is_taken: false, name: "" }),
  );
  const seats = (...choice: Parameters<typeof shown> extends [Board, ...infer Rest] ? Rest : never) =>
    shown(board, ...choice).map(({ seat }) => seat);
  const stuck = { column: null, isDescending: false };
  expect(seats("living", "", stuck)).toEqual([3, 1, 4]);
  expect(seats("help", "", stuck)).toEqual([3]);
  expect(seats("all", "person 2", stuck)).toEqual([2]);
  expect(seats("living", "", { column: "uses", isDescending: true })).toEqual([1, 3, 4]);
  expect(seats("living", "", { column: "uses", isDescending: false })).toEqual([3, 1, 4]);
  expect(summary(board)).toEqual({ taken: 2, online: 0, help: 1, free: 1 });
});

test("numbers are short", () => {
  expect([59, 60, 6000, 12345].map(span)).toEqual(["59 s", "1 min", "1 h 40", "3 h 25"]);
  expect([999, 1000, 150e6, 1.5e9].map(size)).toEqual(["999 B", "1 kB", "150 MB", "1.5 GB"]);
});

test("the grid takes the place of the server's rows, and text stays text", () => {
  grid(boardOf(row(1, { name: "<img src=x>" })));
  expect(document.querySelector("tbody img")).toBeNull();
  expect(one("tbody").textContent).toContain("<img src=x>");
  expect(one("tbody").textContent).not.toContain("from the server");
  expect(one("[data-summary]").textContent).toContain("1 taken");
});

test("rows do not move under the focus, and move when it has gone", () => {
  const { made, order } = grid(boardOf(row(1), row(2)));
  one("tbody tr:nth-child(2) .seat-number").focus();
  made.board = boardOf(row(2, { is_stuck: true }), row(1));
  expect(order()).toEqual([1, 2]);
  expect(one("tbody").textContent).toContain("stuck");
  (document.activeElement as HTMLElement).blur();
  expect(order()).toEqual([2, 1]);
});

test("arrow keys go from seat to seat, a heading sorts, and a second click turns it round", () => {
  const { order } = grid(boardOf(row(2), row(1)));
  const first = one("tbody .seat-number");
  first.focus();
  first.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
  expect(document.activeElement?.textContent).toBe("1");
  const heading = one('th[data-column="seat"]');
  heading.querySelector("button")?.click();
  expect([order(), heading.getAttribute("aria-sort")]).toEqual([[1, 2], "ascending"]);
  heading.querySelector("button")?.click();
  expect([order(), heading.getAttribute("aria-sort")]).toEqual([[2, 1], "descending"]);
});

test("seats that somebody has are chosen, one by one or all that are shown", () => {
  const { made, chosen } = grid(boardOf(row(1), row(2, { is_taken: false, state: "warm" }), row(3)));
  one<HTMLInputElement>("thead input").click();
  expect(made.chosen).toEqual([1, 3]);
  one<HTMLInputElement>("tbody input").click();
  expect(chosen.at(-1)).toEqual([3]);
});

test("events change the grid, and a lost connection is told", () => {
  const source = Object.assign(new EventTarget(), { close: vi.fn() });
  const told: unknown[] = [];
  const stop = follow(
    "events",
    boardOf(row(1)),
    {
      changed: (board) => told.push(board.seats.length),
      trouble: (text) => told.push(text),
      connected: (isConnected) => told.push(isConnected),
    },
    () => source,
  );
  const say_ = (type: string, data: unknown) =>
    source.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  source.dispatchEvent(new Event("open"));
  say_("board", { ...boardOf(row(2)), order: [2, 1] });
  say_("trouble", { text: "no image" });
  source.dispatchEvent(new Event("error"));
  stop();
  expect(told).toEqual([true, 2, "no image", false]);
  expect(source.close).toHaveBeenCalled();
});

function context(answer: (method: string, path: string, body: unknown) => unknown) {
  const announced: string[] = [];
  const asked: unknown[] = [];
  const call = (async (method: string, path: string, body: unknown) => {
    asked.push([method, path, body]);
    return answer(method, path, body);
  }) as Call;
  const made: Context = { call, say, general: general(), announce: (text) => announced.push(text) };
  return { ...made, announced, asked };
}

const FORMS = `<div><form data-do="message"><textarea name="text">Break!</textarea><button></button></form>
<form data-do="command"><textarea name="command">id</textarea><button></button></form>
<form data-do="extend"><input name="minutes" value="15"><button></button></form><div data-results></div></div>`;

const submit = (name: string) =>
  one(`form[data-do="${name}"]`).dispatchEvent(
    new SubmitEvent("submit", { bubbles: true, cancelable: true }),
  );

test("something is done in chosen seats, or in all; what failed is told by seat", async () => {
  page(FORMS);
  let seats: number[] | null = [2];
  const made = context((_, path) =>
    path === "extend"
      ? {
          results: [
            { seat: 2, problem: "has no end" },
            { seat: 3, problem: "" },
          ],
        }
      : undefined,
  );
  everybody(made, () => ({ seats, count: 1 }));
  submit("extend");
  await settled();
  expect(one("[data-results]").textContent).toBe("Not done in seat 2: has no end");
  seats = null;
  submit("message");
  await settled();
  expect(made.asked).toEqual([
    ["POST", "extend", { seconds: 900, seats: [2] }],
    ["POST", "messages", { text: "Break!" }],
  ]);
  expect(made.announced).toEqual(["Done."]);
});

test("what a command printed is shown as text, and what the portal refuses is said", async () => {
  page(FORMS);
  const made = context(() => ({ results: [{ seat: 1, exit_code: 3, output: "<b>no</b>", problem: "" }] }));
  everybody(made, () => ({ seats: null, count: 1 }));
  submit("command");
  await settled();
  expect(one("[data-results] pre").textContent).toBe("<b>no</b>");
  expect(one("[data-results] summary").textContent).toBe("Seat 1: exit code 3");

  page(FORMS);
  const refused = context(() => {
    throw new ApiError(409, "seat 1 has ended");
  });
  everybody(refused, () => ({ seats: null, count: 1 }));
  submit("command");
  await settled();
  expect(refused.announced).toEqual(["seat 1 has ended"]);
});

test("what cannot be undone is asked about; a new code is shown once", async () => {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  };
  const made = context(() => ({ name: "Ann", code: "K7QM-2XRT", link: "https://lab/#K7QM-2XRT" }));
  openSeat(made, row(1, { name: "Ann" }), () => {});
  const press = (text: string) =>
    [...document.querySelectorAll("button")]
      .filter((each) => each.textContent === text)
      .at(-1)
      ?.click();
  press("New code");
  await settled();
  expect(made.asked).toEqual([]);
  const question = one<HTMLDialogElement>("dialog.question");
  question.returnValue = "0";
  question.close();
  await settled();
  expect(made.asked).toEqual([["POST", "seats/1/code", undefined]]);
  expect(one("dialog.seat .code").textContent).toBe("K7QM-2XRT");
});
