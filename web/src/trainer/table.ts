/** The grid: `[data-grid]` with its tools. Rows change in place; they do not move under a hand or the focus. */

import { button, make } from "../dom";
import type { Board, Column, Row, Shown, Sorting } from "./board";
import { needsHelp, shown, summary } from "./board";
import { size, span } from "./format";
import type { Say } from "./words";

const COLUMNS = 8;

export interface GridOptions {
  readonly say: Say;
  /** A seat is to be shown alone. */
  open(seat: number): void;
  /** Other seats are chosen than before. */
  chose(seats: readonly number[]): void;
}

export class Grid {
  readonly #body: HTMLTableSectionElement;
  readonly #made = new Map<number, { row: HTMLTableRowElement; text: string }>();
  readonly #chosen = new Set<number>();
  readonly #all: HTMLInputElement;
  readonly #summary: HTMLElement | null;
  readonly #empty: HTMLTableRowElement;
  #board: Board;
  #skewMs: number;
  #kind: Shown = "living";
  #filter = "";
  #sorting: Sorting = { column: null, isDescending: false };
  #isHeld = false;

  constructor(
    private readonly table: HTMLTableElement,
    tools: HTMLElement | null,
    board: Board,
    private readonly options: GridOptions,
  ) {
    const { say } = options;
    this.#board = board;
    this.#skewMs = Date.parse(board.now) - Date.now();
    this.#body = table.tBodies[0] ?? table.createTBody();
    this.#body.replaceChildren();
    this.#summary = document.querySelector("[data-summary]");
    this.#empty = make(
      "tr",
      {},
      make("td", { colspan: String(COLUMNS + 1), class: "empty" }, say("trainer.nothing")),
    );
    this.#all = make("input", { type: "checkbox", "aria-label": say("trainer.choose_all") });
    this.#all.addEventListener("change", () => this.#chooseAll(this.#all.checked));
    this.#headings();
    if (tools) this.#use(tools);
    // What moves while one points at it is not what one clicks.
    this.#body.addEventListener("pointerenter", () => this.#hold(true));
    this.#body.addEventListener("pointerleave", () =>
      this.#hold(this.#body.contains(document.activeElement)),
    );
    this.#body.addEventListener("focusin", () => this.#hold(true));
    this.#body.addEventListener("focusout", (event) => {
      this.#hold(event.relatedTarget instanceof Node && this.#body.contains(event.relatedTarget));
    });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#show();
    setInterval(() => this.#show(), 5000); // times go on
  }

  get chosen(): readonly number[] {
    return [...this.#chosen].sort((one, other) => one - other);
  }

  row(seat: number): Row | undefined {
    return this.#board.seats.find((row) => row.seat === seat);
  }

  set board(board: Board) {
    this.#board = board;
    this.#skewMs = Date.parse(board.now) - Date.now();
    this.#show();
  }

  choose(seats: readonly number[]): void {
    this.#chosen.clear();
    for (const seat of seats) this.#chosen.add(seat);
    this.#show();
    this.options.chose(this.chosen);
  }

  #headings(): void {
    const row = this.table.tHead?.rows[0];
    if (!row) return;
    row.prepend(make("th", { scope: "col", class: "choose" }, this.#all));
    for (const cell of row.querySelectorAll<HTMLElement>("th[data-column]")) {
      const column = cell.dataset.column as Column;
      const text = cell.textContent ?? "";
      cell.replaceChildren(
        button(text, () => {
          const isSame = this.#sorting.column === column;
          this.#sort({ column, isDescending: isSame ? !this.#sorting.isDescending : false });
        }),
      );
    }
  }

  #sort(sorting: Sorting): void {
    this.#sorting = sorting;
    for (const cell of this.table.tHead?.querySelectorAll<HTMLElement>("th[data-column]") ?? []) {
      const is = cell.dataset.column === sorting.column;
      if (is) cell.setAttribute("aria-sort", sorting.isDescending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    document
      .querySelector("[data-sort-stuck]")
      ?.setAttribute("aria-pressed", String(sorting.column === null));
    this.#show(true);
  }

  #use(tools: HTMLElement): void {
    tools.querySelector<HTMLInputElement>("[data-filter]")?.addEventListener("input", (event) => {
      this.#filter = (event.target as HTMLInputElement).value;
      this.#show(true);
    });
    tools.querySelector<HTMLSelectElement>("[data-show]")?.addEventListener("change", (event) => {
      this.#kind = (event.target as HTMLSelectElement).value as Shown;
      this.#show(true);
    });
    const stuck = tools.querySelector<HTMLElement>("[data-sort-stuck]");
    stuck?.setAttribute("aria-pressed", "true");
    stuck?.addEventListener("click", () => this.#sort({ column: null, isDescending: false }));
  }

  #hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (!isHeld) this.#show();
  }

  /** Up and down go from seat to seat. */
  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    if (step === undefined || !row) return;
    const other = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    const kind = event.target instanceof HTMLInputElement ? "input" : "button";
    const target = other?.querySelector<HTMLElement>(kind);
    if (!target) return;
    event.preventDefault();
    target.focus();
  }

  #chooseAll(isChosen: boolean): void {
    this.#chosen.clear();
    if (isChosen) {
      for (const row of this.#rows()) if (row.is_taken) this.#chosen.add(row.seat);
    }
    this.#show();
    this.options.chose(this.chosen);
  }

  #rows(): Row[] {
    return shown(this.#board, this.#kind, this.#filter, this.#sorting);
  }

  /** `isAsked`: the trainer wants another order, so rows may move. */
  #show(isAsked = false): void {
    const rows = this.#rows();
    for (const row of rows) this.#update(row);
    const wanted = rows.map((row) => this.#made.get(row.seat)?.row).filter((row) => row !== undefined);
    const there = [...this.#body.rows].filter((row) => row !== this.#empty);
    const isSameSet = wanted.length === there.length && wanted.every((row) => there.includes(row));
    const isSameOrder = isSameSet && wanted.every((row, index) => row === there[index]);
    if (!isSameOrder && (isAsked || !this.#isHeld || !isSameSet)) {
      const focused = document.activeElement;
      this.#body.replaceChildren(...(wanted.length > 0 ? wanted : [this.#empty]));
      if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus();
    } else if (wanted.length === 0) {
      this.#body.replaceChildren(this.#empty);
    }
    const { say } = this.options;
    if (this.#summary) this.#summary.textContent = say("trainer.summary", { ...summary(this.#board) });
    const choosable = rows.filter((row) => row.is_taken);
    this.#all.checked = choosable.length > 0 && choosable.every((row) => this.#chosen.has(row.seat));
  }

  #update(row: Row): void {
    const now = Date.now() + this.#skewMs;
    const cells = this.#cells(row, now);
    const text = JSON.stringify([
      cells.map((cell) => cell.text),
      row.state,
      needsHelp(row),
      this.#chosen.has(row.seat),
    ]);
    const made = this.#made.get(row.seat);
    if (made?.text === text) return;
    const element = made?.row ?? this.#make(row.seat);
    element.className = needsHelp(row) ? "needs-help" : `is-${row.state}`;
    cells.forEach((cell, index) => {
      const place = element.cells[index + 2] as HTMLTableCellElement;
      place.replaceChildren(...cell.nodes());
    });
    const box = element.querySelector("input") as HTMLInputElement;
    box.checked = this.#chosen.has(row.seat);
    box.disabled = !row.is_taken || row.state === "ended";
    this.#made.set(row.seat, { row: element, text });
  }

  #make(seat: number): HTMLTableRowElement {
    const { say, open } = this.options;
    const box = make("input", { type: "checkbox", "aria-label": say("trainer.chose", { seat }) });
    box.addEventListener("change", () => {
      if (box.checked) this.#chosen.add(seat);
      else this.#chosen.delete(seat);
      this.#show();
      this.options.chose(this.chosen);
    });
    const opener = button(String(seat), () => open(seat), {
      "aria-label": say("trainer.details.open", { seat }),
      class: "seat-number",
    });
    return make(
      "tr",
      {},
      make("td", { class: "choose" }, box),
      make("th", { scope: "row" }, opener),
      ...Array.from({ length: COLUMNS - 1 }, () => make("td")),
    );
  }

  #cells(row: Row, now: number): { text: string; nodes(): (Node | string)[] }[] {
    const { say } = this.options;
    const plain = (text: string) => ({ text, nodes: () => [text] });
    const left = row.ends_at === null ? null : (Date.parse(row.ends_at) - now) / 1000;
    const idle = row.active_at === null ? "" : span((now - Date.parse(row.active_at)) / 1000);
    const step = row.step_number
      ? `${say("trainer.step_of", { step: row.step_number, all: this.#board.steps })} ${row.step_title}`
      : row.is_taken
        ? say("trainer.not_begun")
        : "";
    return [
      plain(row.name || (row.is_taken ? say("trainer.nobody") : "")),
      this.#state(row),
      plain(step),
      this.#failing(row),
      plain(row.is_taken ? idle : ""),
      plain(row.state === "ended" ? "" : leftText(left, row, say)),
      plain(
        row.memory_bytes === null
          ? ""
          : row.cpus === null
            ? size(row.memory_bytes)
            : say("trainer.uses.of", { memory: size(row.memory_bytes), cpus: row.cpus.toFixed(1) }),
      ),
    ];
  }

  #state(row: Row): { text: string; nodes(): Node[] } {
    const { say } = this.options;
    const signs: [string, string][] = [];
    if (row.hand_raised_at !== null && row.state !== "ended")
      signs.push(["hand", `✋ ${say("trainer.hand")}`]);
    if (row.is_stuck) signs.push(["stuck", say("trainer.stuck")]);
    if (row.state !== "claimed") signs.push([row.state, say(`trainer.state.${row.state}`)]);
    else signs.push(row.is_online ? ["online", say("trainer.online")] : ["offline", say("trainer.offline")]);
    return {
      text: signs.map(([, text]) => text).join(),
      nodes: () => signs.map(([kind, text]) => make("span", { class: `sign is-${kind}` }, text)),
    };
  }

  #failing(row: Row): { text: string; nodes(): (Node | string)[] } {
    const { say } = this.options;
    const texts = row.failing.map((each) => `${each.name} ${say("trainer.attempts", { times: each.times })}`);
    const all = row.problem && row.state === "broken" ? [row.problem, ...texts] : texts;
    return { text: all.join(), nodes: () => [all.join(" · ")] };
  }
}

function leftText(left: number | null, row: Row, say: Say): string {
  if (left === null) return row.is_taken && row.state === "claimed" ? say("trainer.left.never") : "";
  return left <= 0 ? say("trainer.left.over") : span(left);
}
