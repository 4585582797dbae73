/** The attendee's page: lesson, divider, terminals, and what the server says by itself. */

import { api } from "./api";
import { all } from "./dom";
import { listen } from "./events";
import { files } from "./files/files";
import { hand } from "./hand";
import { lesson } from "./lesson/lesson";
import { announce, say, settings } from "./page";
import { divider } from "./panes/divider";
import { follow, previews } from "./previews/previews";
import { Terminals } from "./terminal/terminals";

const STACKED = "(max-width: 52rem)";

const panes = document.querySelector<HTMLElement>("[data-panes]");
const lessonPlace = document.querySelector<HTMLElement>("[data-lesson]");
const terminalsPlace = document.querySelector<HTMLElement>("[data-terminals]");

if (panes && lessonPlace && terminalsPlace) {
  lessonPlace.id ||= "lesson";
  const line = divider(panes, {
    label: say("divider"),
    stackedLabel: say("divider.stacked"),
    controls: lessonPlace.id,
    key: "divider",
    stacked: matchMedia(STACKED),
    min: 20,
    max: 80,
    start: 42,
  });
  terminalsPlace.before(line);
}
const shown = terminalsPlace ? previews(terminalsPlace, say) : [];
const panels = terminalsPlace ? [...shown, ...files(terminalsPlace, settings, say, announce)] : [];
const terminals = terminalsPlace && new Terminals(terminalsPlace, settings.seat, say, announce, panels);

if (lessonPlace) {
  for (const place of all("[data-hand]")) hand(place, api(settings), say, announce);
  const context = { api: api(settings), say, announce, seat: settings.seat };
  const refresh = await lesson(
    lessonPlace,
    context,
    terminals ? (text, name) => terminals.run(text, name) : undefined,
  );
  if (settings.api) {
    listen(`${settings.api}events`, {
      clock: (ends) => {
        for (const place of all("[data-clock]")) place.setAttribute("data-ends", ends);
      },
      message: (text) => announce(text, { dismiss: say("message.read") }),
      progress: () => void refresh(),
      hand: (isRaised) => {
        for (const place of all("[data-hand]")) place.setAttribute("aria-pressed", String(isRaised));
      },
      seat: () => {
        terminals?.close(); // nothing is in use any more
        location.reload();
      },
    });
  }
  if (terminals) follow(lessonPlace, shown, (name) => terminals.choose(name));
  // The way out of a terminal, which takes the Tab key for itself, and back.
  lessonPlace.tabIndex = -1;
  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey || !event.shiftKey || event.key.toLowerCase() !== "l") return;
    event.preventDefault();
    if (terminalsPlace?.contains(document.activeElement)) lessonPlace.focus();
    else terminals?.focus();
  });
}
