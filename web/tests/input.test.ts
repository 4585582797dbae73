// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FRAME_BYTES, Input } from "../src/terminal/input";

let sent: Uint8Array[];
let socket: { backlog: number; isOpen: boolean; send(frame: { data: Uint8Array }): boolean };
let input: Input;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  socket = {
    backlog: 0,
    isOpen: true,
    send({ data }) {
      if (this.isOpen) sent.push(data);
      return this.isOpen;
    },
  };
  input = new Input(socket);
});
afterEach(() => vi.useRealTimers());

const text = () => new TextDecoder().decode(Uint8Array.from(sent.flatMap((each) => [...each])));

test("what is typed goes out at once, as UTF-8", () => {
  input.type("ä🙂\r");
  expect(text()).toBe("ä🙂\r");
});

test("a long paste goes out in frames, whole and in order", () => {
  const paste = Array.from({ length: 30_000 }, (_, index) => `${index}\n`).join("");
  input.type(paste);
  expect(Math.max(...sent.map((each) => each.length))).toBe(FRAME_BYTES);
  expect(text()).toBe(paste);
});

test("a socket without room is waited for, and typing keeps its place", () => {
  socket.backlog = 1 << 20;
  input.type("first ");
  input.type("second");
  expect(sent).toEqual([]);
  socket.backlog = 0;
  vi.advanceTimersByTime(10);
  expect(text()).toBe("first second");
});

test("Ctrl-C ends a paste that is still going out", () => {
  socket.backlog = 1 << 20;
  input.type("a".repeat(100_000));
  input.type("\x03");
  socket.backlog = 0;
  vi.advanceTimersByTime(10);
  expect(text()).toBe("\x03");
});

test("what was typed without a connection is not typed later", () => {
  socket.isOpen = false;
  input.type("rm -rf old\r");
  socket.isOpen = true;
  input.type("ls\r");
  vi.advanceTimersByTime(1000);
  expect(text()).toBe("ls\r");
});
