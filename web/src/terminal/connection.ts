/** One terminal's websocket: opened again when it drops, kept alive, and honest about what it is doing. */

import { type ClientFrame, DENIED, decode, encode, GONE, type ServerFrame } from "./protocol";

export type Link =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; ms: number }
  | { kind: "refused"; why: "denied" | "gone" }
  | { kind: "closed" };

export interface ConnectionEvents {
  frame(frame: ServerFrame): void;
  link(link: Link): void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const PING_MS = 20_000; // proxies commonly cut what was idle for 60 s
const SILENCE_MS = 50_000; // two pings without an answer: half-open

/** How long to wait before try `attempt` (from 0): doubled each time, spread so that a room does not come at once. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + random() / 2);
}

export class Connection {
  #socket: WebSocket | undefined;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #heard = 0;
  #link: Link = { kind: "closed" };

  constructor(
    readonly url: string,
    private readonly events: ConnectionEvents,
    private readonly open: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  get link(): Link {
    return this.#link;
  }

  /** Bytes that were sent and have not left the browser yet. */
  get backlog(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connects now, whatever it was waiting for. */
  connect(): void {
    this.#drop();
    this.#set({ kind: "connecting" });
    const socket = this.open(this.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#heard = Date.now();
      this.#pings = setInterval(() => this.#ping(), PING_MS);
      this.#set({ kind: "open" });
    };
    socket.onmessage = (event: MessageEvent) => {
      this.#heard = Date.now();
      this.#attempt = 0; // only a server that answers ends the back-off
      if (event.data instanceof ArrayBuffer) this.#receive(new Uint8Array(event.data));
    };
    socket.onclose = (event) => this.#closed(event.code);
  }

  /** Connects at once if it is waiting: the network is back, the laptop is open again. */
  hurry(): void {
    if (this.#link.kind === "waiting") this.connect();
  }

  /** Gives up the socket; nothing is tried again until `connect`. */
  close(): void {
    this.#drop();
    this.#set({ kind: "closed" });
  }

  /** Whether it went out; while there is no connection, nothing does. */
  send(frame: ClientFrame): boolean {
    if (this.#link.kind !== "open" || !this.#socket) return false;
    this.#socket.send(encode(frame));
    return true;
  }

  #receive(bytes: Uint8Array): void {
    let frame: ServerFrame;
    try {
      frame = decode(bytes);
    } catch (error) {
      console.error(error);
      this.#closed(1002);
      return;
    }
    this.events.frame(frame);
  }

  #ping(): void {
    if (Date.now() - this.#heard > SILENCE_MS) this.#closed(1006);
    else this.send({ type: "ping" });
  }

  #closed(code: number): void {
    this.#drop();
    if (code === DENIED) return this.#set({ kind: "refused", why: "denied" });
    if (code === GONE) return this.#set({ kind: "refused", why: "gone" });
    const ms = backOff(this.#attempt++);
    this.#retry = setTimeout(() => this.connect(), ms);
    this.#set({ kind: "waiting", ms });
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pings);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #set(link: Link): void {
    this.#link = link;
    this.events.link(link);
  }
}
