import { expect, test, vi } from "vitest";
import { ApiError, api } from "../src/api";
import { config } from "../src/config";
import { listen } from "../src/events";
import { page } from "./dom";

const CONFIG = { api: "/seat/api/", csrf: "token", seat: "s", words: {} };
const started = (answer: () => Promise<Response>) => {
  const fetcher = vi.fn<typeof fetch>(answer);
  return { fetcher, seat: api(CONFIG, fetcher) };
};
const json =
  (body: unknown, status = 200) =>
  async () =>
    new Response(JSON.stringify(body), { status });

test("a change carries the CSRF token and JSON; names cannot leave their place in the path", async () => {
  const { fetcher, seat } = started(json({ result: "right" }));
  await seat.answer("../other?x", ["a"]);
  const [address, init] = fetcher.mock.calls[0] ?? [];
  expect(address).toBe("/seat/api/quizzes/..%2Fother%3Fx");
  expect(init?.method).toBe("POST");
  expect(init?.credentials).toBe("same-origin");
  expect(new Headers(init?.headers).get("x-csrf-token")).toBe("token");
  expect(JSON.parse(String(init?.body))).toEqual({ choices: ["a"] });
});

test("reading carries neither", async () => {
  const { fetcher, seat } = started(json({ done: [] }));
  await seat.progress();
  const init = fetcher.mock.calls[0]?.[1];
  expect(new Headers(init?.headers).has("x-csrf-token")).toBe(false);
  expect(init?.body).toBeUndefined();
});

test("an answer without content is one", async () => {
  const { seat } = started(async () => new Response(null, { status: 204 }));
  await expect(seat.opened("one")).resolves.toBeUndefined();
});

test("the server's error is told in its words, or in those of HTTP", async () => {
  const error = new ApiError(409, "step 'two' is locked");
  await expect(started(json({ error: error.message }, 409)).seat.opened("two")).rejects.toEqual(error);
  const html = async () => new Response("<html>", { status: 502, statusText: "Bad Gateway" });
  await expect(started(html).seat.opened("two")).rejects.toEqual(new ApiError(502, "Bad Gateway"));
});

test("no answer has status 0", async () => {
  const { seat } = started(async () => Promise.reject(new TypeError("offline")));
  await expect(seat.ran("c")).rejects.toMatchObject({ status: 0 });
});

test("the page's block is the configuration, and a page without one has none", () => {
  page("<p></p>");
  expect(config().api).toBe("");
  page('<script type="application/json" id="podlab">{"api": "/a/", "csrf": "t"}</script>');
  expect(config()).toEqual({ api: "/a/", csrf: "t", seat: "", words: {} });
});

test("what the server says by itself reaches whom it is for", () => {
  const source = Object.assign(new EventTarget(), { close: vi.fn() });
  const events = { clock: vi.fn(), message: vi.fn(), progress: vi.fn(), hand: vi.fn(), seat: vi.fn() };
  const stop = listen("/events", events, () => source);
  const say = (type: string, data: object) =>
    source.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  say("clock", { ends: "2026-05-01T10:00:00Z" });
  say("message", { text: "Coffee!" });
  say("message", { text: 7 });
  say("progress", {});
  say("seat", { state: "ended" });
  say("hand", { raised: true });
  expect(events.clock).toHaveBeenCalledExactlyOnceWith("2026-05-01T10:00:00Z");
  expect(events.message).toHaveBeenCalledExactlyOnceWith("Coffee!");
  expect(events.progress).toHaveBeenCalledOnce();
  expect(events.hand).toHaveBeenCalledExactlyOnceWith(true);
  expect(events.seat).toHaveBeenCalledOnce();
  stop();
  expect(source.close).toHaveBeenCalled();
});
