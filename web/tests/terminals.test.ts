import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encode } from "../src/terminal/protocol";
import { socketAddress, Terminals } from "../src/terminal/terminals";
import { speaker } from "../src/words";
import { media, one, page } from "./dom";

/** The real xterm.js on a page without a layout, with a server in the test. */

class Socket {
  binaryType = "";
  bufferedAmount = 0;
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    sockets.push(this);
  }

  send(data: Uint8Array): void {
    this.sent.push(new TextDecoder().decode(data));
  }

  close(): void {}

  say(type: string, payload: string | number[]): void {
    const bytes = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : payload;
    this.onmessage?.({ data: Uint8Array.of(type.charCodeAt(0), ...bytes).buffer });
  }

  /** As every connection begins. */
  begin(replay = "", state: object = {}): void {
    this.onopen?.();
    this.say(
      "s",
      JSON.stringify({ title: "", viewers: 1, access: "rw", exit: null, cols: 80, rows: 24, ...state }),
    );
    this.say("m", [1]);
    this.say("o", replay);
    this.say("m", [0]);
  }

  get typed(): string {
    return this.sent
      .filter((frame) => frame.startsWith("i"))
      .map((frame) => frame.slice(1))
      .join("");
  }
}

let opened: Terminals;
let sockets: Socket[];
let announced: string[];

beforeEach(() => {
  sockets = [];
  announced = [];
  localStorage.clear();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("matchMedia", () => media());
  // jsdom's own is slow, and there is no stylesheet that it could know
  vi.stubGlobal("getComputedStyle", () => ({ color: "rgb(0, 0, 0)", getPropertyValue: () => "" }));
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
});
afterEach(() => {
  opened.close();
  vi.unstubAllGlobals();
});

function start(attributes = "", more = ""): Terminals {
  const place = page(`<section data-terminals ${more}>
<div data-terminal="shell" data-title="Shell" data-socket="terminals/shell" ${attributes}></div>
<div data-terminal="docker" data-socket="terminals/docker"></div></section>`);
  opened = new Terminals(place, "s", speaker(), (text) => announced.push(text));
  return opened;
}

const first = () => sockets[0] as Socket;
const status = () => one("#panel-shell .status").textContent;

test("a terminal is connected when it is first seen", () => {
  start();
  expect(sockets.map((socket) => socket.url)).toEqual(["ws://localhost:3000/terminals/shell"]);
  one("#tab-docker").click();
  one("#tab-shell").click();
  expect(sockets).toHaveLength(2);
});

test("a command waits for the terminal, and is typed into it", async () => {
  const terminals = start();
  const sent = terminals.run("echo a\necho b\n", "shell");
  expect(first().typed).toBe("");
  first().begin();
  expect(await sent).toBe(true);
  expect(first().typed).toBe("echo a\recho b\r");
});

test("a shell that takes a paste as a whole gets several lines at once", async () => {
  const terminals = start();
  first().begin("\x1b[?2004h$ ");
  await terminals.run("echo a\necho b", "");
  expect(first().typed).toBe("\x1b[200~echo a\recho b\x1b[201~\r");
});

test("a terminal that is not there is named", async () => {
  expect(await start().run("ls", "other")).toBe(false);
  expect(announced[0]).toContain("other");
});

test("what a replay asks is not answered; what the shell asks is", async () => {
  const terminals = start();
  const question = "\x1b[c"; // what are you?
  first().begin(question);
  await terminals.run("x", "shell"); // when the replay is drawn
  expect(first().typed).toBe("x\r");
  first().say("o", question);
  await vi.waitFor(() => expect(first().typed.replace("\x1b", "ESC")).toMatch(/^x\rESC\[\?.*c$/));
});

test("a drawn flood is acknowledged", async () => {
  start();
  first().begin();
  first().say("o", "y\r\n".repeat(10_000));
  const ack = new TextDecoder().decode(encode({ type: "ack", bytes: 30_000 }));
  await vi.waitFor(() => expect(first().sent).toContain(ack));
});

test("one who only watches types nothing, and sends no size", async () => {
  const terminals = start('data-access="ro"');
  first().begin("", { access: "ro", viewers: 2, cols: 132, rows: 43 });
  expect(await terminals.run("ls", "shell")).toBe(false);
  expect(first().sent).toEqual([]);
  expect(status()).toContain("Read-only · 2 watching");
  expect(document.querySelector("#panel-shell .keys")).toBeNull();
});

test("a lost connection says so, and a button connects at once", () => {
  start();
  first().begin();
  expect(status()).toContain("Connected");
  first().onclose?.({ code: 1006 });
  expect(status()).toContain("Connection lost");
  expect(one("#tab-shell").dataset.state).toBe("waiting");
  one("#panel-shell .status button").click();
  expect(sockets).toHaveLength(2);
});

test("a shell that has ended is not a lost connection", () => {
  start();
  first().begin();
  first().say("s", '{"exit":130}');
  first().onclose?.({ code: 1000 });
  expect(status()).toContain("The shell ended with exit code 130.");
  expect(one("#tab-shell").dataset.state).toBe("ended");
  one("#panel-shell .status button").click();
  expect(sockets).toHaveLength(2);
});

test("one more terminal is there again with the page, until its shell has ended", () => {
  start("", "data-more");
  one('[aria-label="One more terminal"]').click();
  expect(sockets.at(-1)?.url).toBe("ws://localhost:3000/terminals/shell-2");
  expect([...document.querySelectorAll('[role="tab"]')].map((tab) => tab.textContent)).toEqual([
    "Shell",
    "docker",
    "shell-2",
  ]);
  opened.close();
  sockets = [];
  start("", "data-more");
  expect(sockets.map((socket) => socket.url)).toContain("ws://localhost:3000/terminals/shell-2");
  const second = sockets.find((socket) => socket.url.endsWith("-2")) as Socket;
  second.begin();
  second.say("s", '{"exit":0}');
  opened.close();
  sockets = [];
  start("", "data-more");
  expect(document.querySelectorAll('[role="tab"]')).toHaveLength(2);
});

test("there is an end of terminals, and a page without them offers none", () => {
  start("", "data-more");
  for (let count = 0; count < 9; count++) one('[aria-label="One more terminal"]').click();
  expect(document.querySelectorAll('[role="tab"]')).toHaveLength(10);
  expect(announced).toEqual(["There are as many terminals as can be."]);
  opened.close();
  start();
  expect(document.querySelector('[aria-label="One more terminal"]')).toBeNull();
});

test("skipped output is told", () => {
  start();
  first().begin();
  first().say("k", [0, 0x40, 0, 0]);
  expect(announced).toEqual(["4194 kB of output skipped"]);
});

test("closing the page is questioned once somebody has typed", async () => {
  const terminals = start();
  const leave = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  first().begin();
  expect(leave()).toBe(false);
  await terminals.run("vi", "shell");
  expect(leave()).toBe(true);
  first().say("s", '{"exit":0}');
  expect(leave()).toBe(false);
});

test("screen reader mode is kept", () => {
  start();
  const reader = () => one("[data-terminals] .tools button");
  reader().click();
  expect(reader().getAttribute("aria-pressed")).toBe("true");
  opened.close();
  start();
  expect(reader().getAttribute("aria-pressed")).toBe("true");
});

test("the websocket has the page's host and its security", () => {
  expect(socketAddress("terminals/a", "https://lab.example/seat/")).toBe(
    "wss://lab.example/seat/terminals/a",
  );
  expect(socketAddress("/t", "http://10.0.0.1:8080/x")).toBe("ws://10.0.0.1:8080/t");
});
