/** All terminals of the page: `[data-terminals]` around `[data-terminal][data-socket]`, with tabs and split. Other panels
 * have their tabs beside them. */

import type { Announce } from "../announce";
import { all, button, make } from "../dom";
import type { Panel } from "../panes/panel";
import { Tabs } from "../panes/tabs";
import { remember, remembered } from "../remembered";
import type { Say } from "../words";
import { Session } from "./session";

const NUMBERS = [2, 3, 4, 5, 6, 7, 8, 9];

export class Terminals {
  readonly #sessions = new Map<string, Session>();
  readonly #listening = new AbortController();
  readonly #tabs: Tabs;
  readonly #places: Map<string, HTMLElement>;
  readonly #reader: HTMLButtonElement;
  /** Terminals beside the page's own, and whether they are opened again with the page. */
  readonly #more = new Map<string, boolean>();

  constructor(
    place: HTMLElement,
    private readonly seat: string,
    private readonly say: Say,
    private readonly announce: Announce,
    private readonly panels: readonly Panel[] = [],
  ) {
    this.#places = new Map(
      all(":scope > [data-terminal]", place).map((panel) => [panel.dataset.terminal ?? "", panel]),
    );
    const tabs = [...this.#places].map(([name, panel]) => ({
      name,
      label: panel.dataset.title ?? name,
      panel,
    }));
    tabs.push(...panels.map(({ name, label, element }) => ({ name, label, panel: element })));
    const key = (what: string) => `${seat}.${what}`;
    this.#tabs = new Tabs(
      tabs,
      { list: say("terminals"), split: say("terminals.split") },
      {
        changed: (name) => {
          remember(key("terminal"), name);
          remember(key("split"), String(this.#tabs.isSplit));
          this.#open();
        },
        entered: () => this.focus(),
      },
    );
    this.#reader = button(say("terminals.reader"), () => this.#readAloud(), {
      "aria-pressed": String(remembered("reader") === "true"),
    });
    place.prepend(
      make(
        "div",
        { class: "tabs" },
        this.#tabs.list,
        make("div", { class: "tools" }, ...this.#another(place), this.#reader, this.#tabs.splitter),
      ),
    );
    for (const name of (remembered(key("more")) ?? "").split(" ").filter(Boolean)) this.#add(name);
    const wasSplit = remembered(key("split")) === "true";
    const last = remembered(key("terminal"));
    if (last !== null) this.#tabs.choose(last);
    if (wasSplit) this.#tabs.split(true);
    this.#open();
    const { signal } = this.#listening;
    window.addEventListener("beforeunload", (event) => this.#leaving(event), { signal });
  }

  /** Runs a text in the terminal of that name, or in the one in front; it comes to the front. Says what came of it. */
  async run(text: string, name: string): Promise<boolean> {
    const wanted = name === "" ? (this.#tabs.recent.find((tab) => this.#places.has(tab)) ?? "") : name;
    if (!this.#places.has(wanted)) {
      this.announce(this.say("run.no_terminal", { terminal: wanted }));
      return false;
    }
    if (this.#places.get(wanted)?.hidden) this.#tabs.choose(wanted);
    const sent = (await this.#sessions.get(wanted)?.run(text)) ?? false;
    // Who sees the terminal has seen it.
    if (sent) this.announce(this.say("run.done", { terminal: wanted }), "aloud");
    else this.announce(this.say("run.not_connected", { terminal: wanted }));
    return sent;
  }

  /** A button for one more terminal like the page's first, where the page offers them: `data-more`. */
  #another(place: HTMLElement): HTMLElement[] {
    const [first] = this.#places.keys();
    if (place.dataset.more === undefined || first === undefined) return [];
    const add = () => {
      const name = NUMBERS.map((number) => `${first}-${number}`).find((each) => !this.#places.has(each));
      if (name === undefined) return this.announce(this.say("terminals.enough"));
      this.#add(name);
      this.#sessions.get(name)?.focus();
    };
    return [
      button("+", add, { "aria-label": this.say("terminals.more"), title: this.say("terminals.more") }),
    ];
  }

  #add(name: string): void {
    const first = [...this.#places.values()][0];
    const before = [...this.#places.keys()].at(-1) ?? "";
    if (!first || this.#places.has(name)) return;
    const own = first.dataset.terminal ?? "";
    const panel = make("div", {
      "data-terminal": name,
      "data-socket": first.dataset.socket?.replace(new RegExp(`${own}$`), name),
    });
    this.#places.get(before)?.after(panel);
    this.#places.set(name, panel);
    this.#keep(name, true);
    this.#tabs.add({ name, label: name, panel }, before);
  }

  #keep(name: string, isOpen: boolean): void {
    this.#more.set(name, isOpen);
    const kept = [...this.#more].filter(([, isKept]) => isKept).map(([each]) => each);
    remember(`${this.seat}.more`, kept.join(" "));
  }

  close(): void {
    this.#listening.abort();
    for (const session of this.#sessions.values()) session.close();
  }

  focus(): void {
    const { active } = this.#tabs;
    (this.#sessions.get(active) ?? this.panels.find((panel) => panel.name === active))?.focus();
  }

  /** Brings a terminal or another panel to the front. */
  choose(name: string): void {
    this.#tabs.choose(name);
  }

  /** A terminal is opened when it is first seen: the others cost nothing. */
  #open(): void {
    for (const [name, panel] of this.#places) {
      if (panel.hidden || this.#sessions.has(name)) continue;
      const options = {
        name,
        title: panel.dataset.title ?? name,
        url: socketAddress(panel.dataset.socket ?? ""),
        readOnly: panel.dataset.access === "ro",
        followsSize: panel.dataset.size === "follow",
        screenReader: this.#reader.getAttribute("aria-pressed") === "true",
      };
      const mark = (state: string) => {
        this.#tabs.mark(name, state);
        if (this.#more.has(name)) this.#keep(name, state !== "ended");
      };
      this.#sessions.set(name, new Session(options, panel, this.say, this.announce, mark));
    }
    for (const session of this.#sessions.values()) session.fit();
    for (const panel of this.panels) if (!panel.element.hidden) panel.shown();
  }

  /** Ctrl-W is "delete a word" in a shell and "close the tab" in a browser. */
  #leaving(event: BeforeUnloadEvent): void {
    if ([...this.#sessions.values()].some((session) => session.isInUse)) event.preventDefault();
  }

  #readAloud(): void {
    const on = this.#reader.getAttribute("aria-pressed") !== "true";
    this.#reader.setAttribute("aria-pressed", String(on));
    remember("reader", String(on));
    for (const session of this.#sessions.values()) session.readAloud(on);
  }
}

/** The websocket's address for one that is relative to the page. */
export function socketAddress(path: string, base: string = location.href): string {
  const url = new URL(path, base);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url.href;
}
