// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backOff, Connection, type Link } from "../src/terminal/connection";
import type { ServerFrame } from "../src/terminal/protocol";

class FakeSocket {
  binaryType = "";
  bufferedAmount = 0;
  sent: Uint8Array[] = [];
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(): void {
    this.isClosed = true;
  }

  receive(...bytes: number[]): void {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }
}

const PONG = "p".charCodeAt(0);
let sockets: FakeSocket[];
let links: Link[];
let frames: ServerFrame[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, links, frames] = [[], [], []];
  connection = new Connection(
    "ws://seat/shell",
    { frame: (frame) => frames.push(frame), link: (link) => links.push(link) },
    () => {
      sockets.push(new FakeSocket());
      return last() as unknown as WebSocket;
    },
  );
});
afterEach(() => vi.useRealTimers());

const last = () => sockets.at(-1) as FakeSocket;
const kinds = () => links.map((link) => link.kind);

test("the wait doubles up to a limit, and is spread over half of it", () => {
  expect([0, 1, 2, 20].map((attempt) => backOff(attempt, () => 1))).toEqual([500, 1000, 2000, 15_000]);
  expect(backOff(2, () => 0)).toBe(1000);
});

test("a dropped connection is tried again, ever more slowly, until the server answers", () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  connection.connect();
  const waits: number[] = [];
  for (let round = 0; round < 3; round++) {
    last().onclose?.({ code: 1006 });
    const link = connection.link;
    if (link.kind === "waiting") waits.push(link.ms);
    vi.advanceTimersByTime(15_000);
  }
  expect(waits).toEqual([500, 1000, 2000]);
  last().onopen?.();
  last().receive(PONG);
  last().onclose?.({ code: 1006 });
  expect(connection.link).toEqual({ kind: "waiting", ms: 500 });
});

test("a network that is back ends the wait", () => {
  connection.connect();
  last().onclose?.({ code: 1006 });
  connection.hurry();
  expect(kinds()).toEqual(["connecting", "waiting", "connecting"]);
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(2);
});

describe.each([
  [4403, "denied"],
  [4404, "gone"],
])("close code %i", (code, why) => {
  test(`says ${why}, and is not tried again`, () => {
    connection.connect();
    last().onclose?.({ code });
    vi.advanceTimersByTime(600_000);
    expect(connection.link).toEqual({ kind: "refused", why });
    expect(sockets).toHaveLength(1);
  });
});

test("it pings, and a server that does not answer counts as gone", () => {
  connection.connect();
  last().onopen?.();
  vi.advanceTimersByTime(20_000);
  expect(last().sent).toEqual([Uint8Array.of(PONG)]);
  last().receive(PONG);
  vi.advanceTimersByTime(40_000);
  expect(connection.link.kind).toBe("open");
  vi.advanceTimersByTime(20_000);
  expect(connection.link.kind).toBe("waiting");
  expect(last().isClosed).toBe(true);
});

test("a frame that is none ends the connection instead of the page", () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  connection.connect();
  last().onopen?.();
  last().receive(0x7a);
  expect(error).toHaveBeenCalled();
  expect(frames).toEqual([]);
  expect(connection.link.kind).toBe("waiting");
});

test("nothing is sent while there is no connection", () => {
  expect(connection.send({ type: "ping" })).toBe(false);
  connection.connect();
  expect(connection.send({ type: "ping" })).toBe(false);
  last().onopen?.();
  expect(connection.send({ type: "ping" })).toBe(true);
});
