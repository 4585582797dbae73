/**
 * Output on its way to the screen: acknowledged when it is drawn, not when it arrives, so that a browser that cannot
 * follow stops the shell and not its own memory. While a replay is drawn, what the terminal answers is kept back:
 * the program that asked is long gone, and the shell would read the answer as typing.
 */

/** Acknowledged from so many bytes on: a sixteenth of the server's window, so that keystrokes cost no frame of it. */
export const ACK_BYTES = 16_384;

/** RIS, as output: it takes its turn behind what is still to be drawn, as `reset()` would not. */
const RESET = "\x1bc";

export interface Screen {
  write(data: string | Uint8Array, drawn?: () => void): void;
}

export class Output {
  #drawn = 0;
  #isMuted = false;
  #isLive = false;
  #epoch = 0;

  constructor(
    private readonly screen: Screen,
    private readonly ack: (bytes: number) => void,
  ) {}

  /** Whether what the terminal says now answers a replay. */
  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** Whether the replay with which every connection begins is drawn. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** A new connection counts from nothing: what is still to be drawn belongs to the old one. */
  opened(): void {
    this.#epoch++;
    this.#drawn = 0;
    this.#isLive = false;
  }

  output(data: Uint8Array): void {
    const epoch = this.#epoch;
    this.screen.write(data, () => {
      if (epoch !== this.#epoch) return;
      this.#drawn += data.length;
      if (this.#drawn < ACK_BYTES) return;
      this.ack(this.#drawn);
      this.#drawn = 0;
    });
  }

  replay(active: boolean): void {
    if (active) {
      this.#isMuted = true;
      this.screen.write(RESET);
      return;
    }
    const epoch = this.#epoch;
    this.screen.write("", () => {
      if (epoch !== this.#epoch) return;
      this.#isMuted = false;
      this.#isLive = true;
    });
  }
}
