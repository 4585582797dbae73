/**
 * The terminal's frames: one type byte and a payload, binary, numbers big-endian. Pure, as is its counterpart on the
 * server, podlab.portal.terminals.protocol; tests/portal/terminal-vectors.json holds both to the same bytes.
 *
 * client → server  `i` input · `r` u16 columns, u16 rows · `a` u32 bytes drawn since the last one · `p` ping
 * server → client  `o` output · `s` state, JSON · `k` u32 bytes skipped · `m` 1: replay begins, 0: it ends · `p` pong
 *
 * Every connection begins with a replay, be it an empty one: what the client had drawn before is void.
 */

export type ClientFrame =
  | { type: "input"; data: Uint8Array }
  | { type: "resize"; cols: number; rows: number }
  | { type: "ack"; bytes: number }
  | { type: "ping" };

export interface SessionState {
  readonly title: string;
  /** How many look at it, oneself included. */
  readonly viewers: number;
  readonly access: "rw" | "ro";
  /** The shell's exit code, once it has ended. */
  readonly exit: number | null;
  readonly cols: number;
  readonly rows: number;
}

export type ServerFrame =
  | { type: "output"; data: Uint8Array }
  | { type: "state"; state: Partial<SessionState> }
  | { type: "skipped"; bytes: number }
  | { type: "replay"; active: boolean }
  | { type: "pong" };

/** Close codes after which trying again is of no use. */
export const DENIED = 4403;
export const GONE = 4404;

export class ProtocolError extends Error {}

const code = (letter: string) => letter.charCodeAt(0);

export function encode(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "input": {
      const bytes = new Uint8Array(frame.data.length + 1);
      bytes[0] = code("i");
      bytes.set(frame.data, 1);
      return bytes;
    }
    case "resize": {
      const view = new DataView(new ArrayBuffer(5));
      view.setUint8(0, code("r"));
      view.setUint16(1, frame.cols);
      view.setUint16(3, frame.rows);
      return new Uint8Array(view.buffer);
    }
    case "ack": {
      const view = new DataView(new ArrayBuffer(5));
      view.setUint8(0, code("a"));
      view.setUint32(1, frame.bytes);
      return new Uint8Array(view.buffer);
    }
    case "ping":
      return Uint8Array.of(code("p"));
  }
}

/** What a frame says; its output is a view of `bytes`, not a copy. `ProtocolError` for one that is none. */
export function decode(bytes: Uint8Array): ServerFrame {
  const type = bytes[0];
  const payload = bytes.subarray(1);
  if (type === code("o")) return { type: "output", data: payload };
  if (type === code("s")) return { type: "state", state: state(payload) };
  if (type === code("k") && payload.length === 4) {
    return { type: "skipped", bytes: new DataView(payload.buffer, payload.byteOffset).getUint32(0) };
  }
  if (type === code("m") && payload.length === 1 && (payload[0] === 0 || payload[0] === 1)) {
    return { type: "replay", active: payload[0] === 1 };
  }
  if (type === code("p") && payload.length === 0) return { type: "pong" };
  throw new ProtocolError(`not a terminal frame: type ${type}, ${payload.length} bytes`);
}

function state(payload: Uint8Array): Partial<SessionState> {
  let found: unknown;
  try {
    found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (error) {
    throw new ProtocolError(`a terminal's state is no JSON: ${error}`);
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new ProtocolError("a terminal's state is no object");
  }
  return found;
}
