/**
 * A folder as a table. The tab key stops at one row only: its name, then what can be done with it; arrows go to the
 * other rows. F2 renames, Delete removes.
 */

import { button, make } from "../dom";
import type { Say } from "../words";
import type { Entry } from "./api";
import { size } from "./text";

export interface ListEvents {
  open(entry: Entry): void;
  rename(entry: Entry): void;
  remove(entry: Entry): void;
  address(entry: Entry): string;
}

const SIGN = { file: "", folder: "/", link: "@", other: "" }; // as `ls -F` has them

export class List {
  readonly element = make("table", { class: "files-list" });
  readonly #body = make("tbody");
  readonly #caption = make("caption", { class: "offscreen" });
  readonly #rows = new Map<string, HTMLTableRowElement>();
  #entries: readonly Entry[] = [];
  #current = "";

  constructor(
    private readonly say: Say,
    private readonly events: ListEvents,
  ) {
    const heads = (["files.name", "files.size", "files.changed"] as const).map((word) =>
      make("th", { scope: "col" }, say(word)),
    );
    const actions = make("th", { scope: "col" }, make("span", { class: "offscreen" }, say("files.actions")));
    this.element.append(this.#caption, make("thead", {}, make("tr", {}, ...heads, actions)), this.#body);
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("focusin", (event) => {
      const row = event.target instanceof Element ? event.target.closest("tr") : null;
      if (row) this.#choose(row.dataset.path ?? "");
    });
  }

  show(caption: string, entries: readonly Entry[]): void {
    const compare = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true }).compare;
    this.#entries = entries.toSorted(
      (a, b) => Number(b.kind === "folder") - Number(a.kind === "folder") || compare(a.name, b.name),
    );
    this.#caption.textContent = caption;
    this.#rows.clear();
    for (const entry of this.#entries) this.#rows.set(entry.path, this.#row(entry));
    this.#body.replaceChildren(...this.#rows.values());
    this.#choose(this.#rows.has(this.#current) ? this.#current : (this.#entries[0]?.path ?? ""));
  }

  /** Focuses the entry's name, or the first one's. Whether there was one. */
  focus(path = this.#current): boolean {
    const row = this.#rows.get(path) ?? this.#body.querySelector("tr");
    row?.querySelector("button")?.focus();
    return row !== null;
  }

  #row(entry: Entry): HTMLTableRowElement {
    const { say, events } = this;
    const lang = document.documentElement.lang || undefined;
    const time = new Date(entry.modified_at);
    const label = make("bdi", {}, entry.name);
    const open = button("", () => events.open(entry), { class: "name", tabindex: "-1" });
    open.append(label, make("span", { "aria-hidden": "true" }, SIGN[entry.kind]));
    if (entry.kind !== "file") {
      open.append(make("span", { class: "offscreen" }, ` (${say(`files.kind.${entry.kind}`)})`));
    }
    const named = (word: "files.download" | "files.rename" | "files.delete") => ({
      "aria-label": `${say(word)}: ${entry.name}`,
      tabindex: "-1",
    });
    const actions = make("div", { class: "actions" });
    if (entry.kind === "file" || entry.kind === "folder") {
      actions.append(
        make(
          "a",
          { href: events.address(entry), download: true, class: "button", ...named("files.download") },
          say("files.download"),
        ),
      );
    }
    actions.append(
      button(say("files.rename"), () => events.rename(entry), named("files.rename")),
      button(say("files.delete"), () => events.remove(entry), named("files.delete")),
    );
    return make(
      "tr",
      { "data-path": entry.path, "data-kind": entry.kind },
      make("td", {}, open),
      make("td", { class: "number" }, entry.kind === "file" ? size(entry.size_bytes, lang) : ""),
      make(
        "td",
        {},
        make(
          "time",
          { datetime: entry.modified_at },
          time.toLocaleString(lang, { dateStyle: "short", timeStyle: "short" }),
        ),
      ),
      make("td", {}, actions),
    );
  }

  #choose(path: string): void {
    const stops = (row: Element | undefined, index: string) => {
      for (const stop of row?.querySelectorAll("button, a") ?? []) stop.setAttribute("tabindex", index);
    };
    stops(this.#rows.get(this.#current), "-1");
    this.#current = path;
    stops(this.#rows.get(path), "0");
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const at = this.#entries.findIndex((entry) => entry.path === this.#current);
    const entry = this.#entries[at];
    if (!entry) return;
    if (event.key === "F2") this.events.rename(entry);
    else if (event.key === "Delete") this.events.remove(entry);
    else {
      const last = this.#entries.length - 1;
      const to: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: last };
      const next = this.#entries[Math.min(last, Math.max(0, to[event.key] ?? -2))];
      if (to[event.key] === undefined || !next) return;
      this.focus(next.path);
    }
    event.preventDefault();
  }
}
