// @vitest-environment node
import { expect, test } from "vitest";
import { ACK_BYTES, Output, type Screen } from "../src/terminal/output";

/** Draws what was written when it is told to, in order. */
class SlowScreen implements Screen {
  readonly written: (string | Uint8Array)[] = [];
  readonly #waiting: (() => void)[] = [];

  write(data: string | Uint8Array, drawn: () => void = () => {}): void {
    this.written.push(data);
    this.#waiting.push(drawn);
  }

  draw(): void {
    for (const drawn of this.#waiting.splice(0)) drawn();
  }
}

function started() {
  const screen = new SlowScreen();
  const acks: number[] = [];
  const output = new Output(screen, (bytes) => acks.push(bytes));
  return { screen, acks, output };
}

test("output is acknowledged when it is drawn, not when it arrives", () => {
  const { screen, acks, output } = started();
  output.output(new Uint8Array(ACK_BYTES));
  expect(acks).toEqual([]);
  screen.draw();
  expect(acks).toEqual([ACK_BYTES]);
});

test("keystrokes cost no acknowledgement each, and none of their bytes is forgotten", () => {
  const { screen, acks, output } = started();
  for (let sent = 0; sent < ACK_BYTES; sent += 100) output.output(new Uint8Array(100));
  screen.draw();
  expect(acks).toHaveLength(1);
  expect(acks[0]).toBe(Math.ceil(ACK_BYTES / 100) * 100);
});

test("a replay clears the screen in its turn, and mutes until it is drawn", () => {
  const { screen, output } = started();
  output.output(Uint8Array.of(65));
  output.replay(true);
  output.output(Uint8Array.of(66));
  output.replay(false);
  expect(output.isMuted).toBe(true);
  expect(screen.written).toEqual([Uint8Array.of(65), "\x1bc", Uint8Array.of(66), ""]);
  screen.draw();
  expect(output.isMuted).toBe(false);
  expect(output.isLive).toBe(true);
});

test("what an old connection still draws neither acknowledges nor unmutes on the new one", () => {
  const { screen, acks, output } = started();
  output.output(new Uint8Array(ACK_BYTES));
  output.replay(true);
  output.replay(false);
  output.opened();
  output.replay(true);
  screen.draw();
  expect(acks).toEqual([]);
  expect(output.isMuted).toBe(true);
  expect(output.isLive).toBe(false);
});
