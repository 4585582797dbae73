/** What is typed or pasted, on its way to the shell: in frames that the socket has room for. */

export const FRAME_BYTES = 16_384;
const ROOM_BYTES = 262_144;
const WAIT_MS = 10;
const CTRL_C = "\x03";

export interface Socket {
  readonly backlog: number;
  send(frame: { type: "input"; data: Uint8Array }): boolean;
}

export class Input {
  #waiting: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly socket: Socket) {}

  /** Sends a text, or what there is no room for now, later. Ctrl-C overtakes a paste, and ends it. */
  type(text: string): void {
    if (text === CTRL_C) this.clear();
    this.bytes(new TextEncoder().encode(text));
  }

  bytes(data: Uint8Array): void {
    if (data.length > 0) this.#waiting.push(data);
    if (this.#timer === undefined) this.#pump();
  }

  /** Forgets what was not sent. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #pump(): void {
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (this.socket.backlog >= ROOM_BYTES) {
        this.#timer = setTimeout(() => this.#pump(), WAIT_MS);
        return;
      }
      if (!this.socket.send({ type: "input", data: first.subarray(0, FRAME_BYTES) })) {
        return this.clear(); // typed into a connection that is gone: nobody wants it later
      }
      if (first.length > FRAME_BYTES) this.#waiting[0] = first.subarray(FRAME_BYTES);
      else this.#waiting.shift();
    }
  }
}
