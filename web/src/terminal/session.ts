/** A terminal on the page: an emulator, its connection, and what people see of both. */

import type { Announce } from "../announce";
import { button, make } from "../dom";
import type { Say } from "../words";
import { Connection, type Link } from "./connection";
import { type Emulator, emulator } from "./emulator";
import { Input } from "./input";
import { ExtraKeys } from "./keys";
import { Output } from "./output";
import { reviewed } from "./paste";
import type { ServerFrame, SessionState } from "./protocol";
import { SearchBar } from "./search";
import { Status } from "./status";

const LOOK_MS = 50;
const OPENING_MS = 5000;

export interface SessionOptions {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly readOnly: boolean;
  /** The window's size is another viewer's: this one takes it as it is. */
  readonly followsSize: boolean;
  readonly screenReader: boolean;
}

export class Session {
  readonly #emulator: Emulator;
  readonly #connection: Connection;
  readonly #input: Input;
  readonly #output: Output;
  readonly #keys: ExtraKeys;
  readonly #search: SearchBar;
  readonly #status: Status;
  readonly #screen: HTMLElement;
  readonly #listening = new AbortController();
  readonly #resizes = new ResizeObserver(() => this.fit());
  #exit: number | null = null;
  #typed = false;

  /** `changed` is called with `open`, `waiting`, `ended` or `refused`, for the tab. */
  constructor(
    readonly options: SessionOptions,
    readonly panel: HTMLElement,
    private readonly say: Say,
    private readonly announce: Announce,
    private readonly changed: (state: string) => void,
  ) {
    this.#screen = make("div", { class: "screen" });
    panel.replaceChildren(this.#screen);
    this.#emulator = emulator(this.#screen, options.readOnly);
    const { terminal, search } = this.#emulator;
    this.readAloud(options.screenReader);
    terminal.textarea?.setAttribute("aria-label", say("terminal.help", { title: options.title }));

    this.#connection = new Connection(options.url, {
      frame: (frame) => this.#frame(frame),
      link: (link) => this.#linked(link),
    });
    this.#input = new Input(this.#connection);
    this.#output = new Output(terminal, (bytes) => this.#connection.send({ type: "ack", bytes }));
    this.#keys = new ExtraKeys(
      say,
      (text) => this.#type(text),
      () => terminal.modes.applicationCursorKeysMode,
    );
    this.#search = new SearchBar(search, say, panel, () => this.focus());
    this.#status = new Status(button(say("terminal.reconnect"), () => this.#connection.connect()));
    panel.append(this.#search.bar, this.#status.bar);
    if (!options.readOnly) panel.append(this.#keys.row);

    terminal.onData((text) => {
      if (!this.#output.isMuted) this.#type(this.#keys.applied(text));
    });
    terminal.onBinary((text) => {
      if (!this.#output.isMuted) this.#input.bytes(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    });
    terminal.onResize(({ cols, rows }) => {
      if (!this.#follows) this.#connection.send({ type: "resize", cols, rows });
    });
    terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#screen.addEventListener("paste", (event) => this.#pasted(event), { capture: true });
    this.#listen();
    this.fit();
    this.#connection.connect();
  }

  /** Takes the terminal off the page; its shell lives on. */
  close(): void {
    this.#listening.abort();
    this.#resizes.disconnect();
    this.#connection.close();
    this.#emulator.terminal.dispose();
  }

  #listen(): void {
    const { signal } = this.#listening;
    const system = matchMedia("(prefers-color-scheme: dark)");
    this.#resizes.observe(this.#screen);
    window.addEventListener("focus", () => this.fit(), { signal });
    window.addEventListener("online", () => this.#connection.hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#connection.hurry(), {
      signal,
    });
    document.addEventListener("podlab:theme", () => this.#emulator.restyle(), { signal });
    system.addEventListener("change", () => this.#emulator.restyle(), { signal });
  }

  /** Whether something would be lost from sight with the page: a shell that somebody has typed into. */
  get isInUse(): boolean {
    return this.#typed && this.#exit === null && this.#connection.link.kind === "open";
  }

  focus(): void {
    this.#emulator.terminal.focus();
  }

  /**
   * Runs a command as if it were typed, all its lines at once where the shell takes a paste as a whole. Waits some
   * seconds for a terminal that is just being opened; whether the command was sent.
   */
  async run(text: string): Promise<boolean> {
    for (let waited = 0; !this.#isReady; waited += LOOK_MS) {
      if (this.options.readOnly || this.#exit !== null || waited >= OPENING_MS) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const body = text.replace(/\s+$/, "");
    if (this.#emulator.terminal.modes.bracketedPasteMode && body.includes("\n")) {
      this.#type(`\x1b[200~${body.replace(/\r?\n/g, "\r")}\x1b[201~\r`);
    } else {
      this.#type(`${body.replace(/\r?\n/g, "\r")}\r`);
    }
    this.#emulator.terminal.scrollToBottom();
    return true;
  }

  readAloud(on: boolean): void {
    this.#emulator.terminal.options.screenReaderMode = on;
  }

  search(): void {
    this.#search.show();
  }

  /** Takes the size of its panel; one that cannot be seen has none. */
  fit(): void {
    if (!this.#follows && this.#screen.offsetParent !== null) this.#emulator.fit.fit();
  }

  /** The shell has said something on this connection, and takes what is typed. */
  get #isReady(): boolean {
    return this.#connection.link.kind === "open" && this.#exit === null && this.#output.isLive;
  }

  get #follows(): boolean {
    return this.options.readOnly || this.options.followsSize;
  }

  #type(text: string): void {
    if (this.options.readOnly) return;
    this.#typed = true;
    this.#input.type(text);
  }

  #frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "output":
        return this.#output.output(frame.data);
      case "replay":
        return this.#output.replay(frame.active);
      case "skipped":
        return this.announce(this.say("terminal.skipped", { kilobytes: Math.round(frame.bytes / 1000) }));
      case "state":
        return this.#state(frame.state);
    }
  }

  #state(state: Partial<SessionState>): void {
    const { cols, rows } = state;
    const { terminal } = this.#emulator;
    // A page behind another takes the size of the one that is looked at; looked at again, it sets its own.
    if (cols && rows && (this.#follows || !document.hasFocus())) terminal.resize(cols, rows);
    const notes: string[] = [];
    if (state.access === "ro" || this.options.readOnly) notes.push(this.say("terminal.read_only"));
    if ((state.viewers ?? 1) > 1) notes.push(this.say("terminal.viewers", { viewers: state.viewers ?? 1 }));
    this.#status.note(notes.join(" · "));
    if (state.exit === undefined || state.exit === this.#exit) return;
    this.#exit = state.exit;
    if (state.exit !== null) {
      this.#status.problem(this.say("terminal.ended", { code: state.exit }), this.say("terminal.restart"));
      this.changed("ended");
    }
  }

  #linked(link: Link): void {
    if (this.#exit !== null && link.kind === "waiting") return this.#connection.close(); // it is over, not lost
    switch (link.kind) {
      case "connecting":
        return this.#status.progress(this.say("terminal.connecting"));
      case "open": {
        this.#exit = null;
        this.#output.opened();
        this.#input.clear();
        this.#status.well(this.say("terminal.connected"));
        const { cols, rows } = this.#emulator.terminal;
        if (!this.#follows) this.#connection.send({ type: "resize", cols, rows });
        return this.changed("open");
      }
      case "waiting": {
        const seconds = Math.max(1, Math.round(link.ms / 1000));
        this.#status.problem(this.say("terminal.waiting", { seconds }), this.say("terminal.reconnect"));
        return this.changed("waiting");
      }
      case "refused":
        this.#status.problem(this.say(link.why === "denied" ? "terminal.denied" : "terminal.gone"));
        return this.changed("refused");
    }
  }

  /** `false`: the browser, or we, deal with the key, and not the shell. */
  #key(event: KeyboardEvent): boolean {
    if (event.type !== "keydown" || !event.ctrlKey || event.altKey || event.metaKey) return true;
    const { terminal } = this.#emulator;
    const key = event.key.toLowerCase();
    if (event.shiftKey && key === "f") this.search();
    else if ((event.shiftKey || terminal.hasSelection()) && (key === "c" || key === "insert")) this.#copy();
    else if (event.shiftKey && key === "l")
      return false; // the page's own: see seat.ts
    else if (key === "v")
      return false; // the browser pastes
    else return true;
    event.preventDefault();
    return false;
  }

  #copy(): void {
    const { terminal } = this.#emulator;
    const text = terminal.getSelection();
    if (text === "") return;
    navigator.clipboard?.writeText(text).then(
      () => terminal.clearSelection(),
      () => this.announce(this.say("copy.failed")),
    ) ?? document.execCommand("copy"); // without TLS there is no clipboard object
  }

  #pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    event.preventDefault();
    event.stopImmediatePropagation();
    if (text === "" || this.options.readOnly) return;
    const { terminal } = this.#emulator;
    void reviewed(text, terminal.modes.bracketedPasteMode, this.say).then((wanted) => {
      if (wanted !== "") terminal.paste(wanted);
      this.focus();
    });
  }
}
