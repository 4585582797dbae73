/** The trainer's page: the grid as it changes, and what can be done in one seat, in some, or in all. */

import "./style/trainer.css";
import { all } from "./dom";
import { announce, say as general, settings } from "./page";
import { caller } from "./request";
import { audit } from "./trainer/audit";
import type { Board } from "./trainer/board";
import type { Context } from "./trainer/context";
import { everybody } from "./trainer/everybody";
import { follow } from "./trainer/live";
import { machine } from "./trainer/machine";
import { people } from "./trainer/people";
import { quizzes } from "./trainer/quizzes";
import { openSeat } from "./trainer/seat";
import { Grid } from "./trainer/table";
import { given, speaker } from "./trainer/words";

const { words, board } = given();
const say = speaker(words);
const context: Context = { call: caller(settings), say, general, announce };
const table = document.querySelector<HTMLTableElement>("[data-grid]");
const panels = document.querySelector<HTMLElement>("[data-panels]");

if (table && panels) {
  for (const part of all("[data-needs-script]")) part.hidden = false;
  const scope = panels.querySelector<HTMLElement>("[data-scope]");
  let now: Board = board;
  const target = () => {
    const taken = now.seats.filter((row) => row.is_taken && row.state !== "ended");
    const { chosen } = grid;
    return chosen.length > 0 ? { seats: chosen, count: chosen.length } : { seats: null, count: taken.length };
  };
  const showScope = () => {
    const { seats, count } = target();
    const word = seats ? "trainer.all.chosen" : count > 0 ? "trainer.all.everybody" : "trainer.all.none";
    if (scope) scope.textContent = say(word, { count });
  };
  const grid: Grid = new Grid(table, document.querySelector("[data-tools]"), board, {
    say,
    open: (seat) => {
      const row = grid.row(seat);
      if (row) openSeat(context, row, only);
    },
    chose: showScope,
  });
  const only = (seat: number) => {
    grid.choose([seat]);
    panels.querySelector<HTMLElement>("summary")?.focus();
  };
  showScope();
  everybody(context, target);
  people(context);
  machine(context);
  audit(context);
  const refreshQuizzes = quizzes(context);
  const lost = document.querySelector<HTMLElement>("[data-lost]");
  follow(`${settings.api}events`, board, {
    changed: (changed) => {
      now = changed;
      grid.board = changed;
      showScope();
      refreshQuizzes();
    },
    trouble: (text) => announce(text),
    connected: (isConnected) => {
      if (lost) lost.hidden = isConnected;
    },
  });
}
