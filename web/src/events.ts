/** What the server says by itself, as server-sent events; the browser reconnects by itself. */

export interface SeatEvents {
  /** The seat's end has moved; ISO 8601. */
  clock(ends: string): void;
  /** The trainer says something to all. */
  message(text: string): void;
  /** Something was done or unlocked, maybe in another window. */
  progress(): void;
  /** The hand is up or down, maybe by the trainer or in another window. */
  hand(isRaised: boolean): void;
  /** The seat is another one now, or gone: the page is to be loaded again. */
  seat(): void;
}

export function listen(
  address: string,
  events: SeatEvents,
  open: (address: string) => EventTarget & { close(): void } = (each) => new EventSource(each),
): () => void {
  const source = open(address);
  const on = (type: string, act: (data: Record<string, unknown>) => void) =>
    source.addEventListener(type, (event) => act(JSON.parse((event as MessageEvent<string>).data)));
  on("clock", ({ ends }) => typeof ends === "string" && events.clock(ends));
  on("message", ({ text }) => typeof text === "string" && events.message(text));
  on("progress", () => events.progress());
  on("hand", ({ raised }) => typeof raised === "boolean" && events.hand(raised));
  on("seat", () => events.seat());
  return () => source.close();
}
