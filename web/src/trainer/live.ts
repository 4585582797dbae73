/** The grid as it changes: server-sent events, and a sign where there are none any more. */

import { type Board, type Change, merged } from "./board";

export interface Listeners {
  changed(board: Board): void;
  /** Something failed that nobody waits for. */
  trouble(text: string): void;
  /** Whether the portal is heard. */
  connected(isConnected: boolean): void;
}

type Source = EventTarget & { close(): void };

export function follow(
  address: string,
  board: Board,
  listeners: Listeners,
  open: (address: string) => Source = (each) => new EventSource(each),
): () => void {
  const source = open(address);
  let now = board;
  source.addEventListener("open", () => listeners.connected(true));
  source.addEventListener("error", () => listeners.connected(false));
  source.addEventListener("board", (event) => {
    now = merged(now, JSON.parse((event as MessageEvent<string>).data) as Change);
    listeners.changed(now);
  });
  source.addEventListener("trouble", (event) => {
    listeners.trouble(String(JSON.parse((event as MessageEvent<string>).data).text));
  });
  return () => source.close();
}
