// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ClientFrame, decode, encode, ProtocolError } from "../src/terminal/protocol";

interface Vector {
  name: string;
  hex: string;
  frame: Record<string, unknown>;
}
type Side<T> = { client: T[]; server: T[] };
const vectors: Side<Vector> & { invalid: Side<Vector> } = JSON.parse(
  readFileSync(`${import.meta.dirname}/../../tests/portal/terminal-vectors.json`, "utf8"),
);
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

describe("the vectors that both sides share", () => {
  test.each(vectors.client)("a client's $name", ({ frame, hex: wanted }) => {
    const { data_hex, ...rest } = frame;
    const data = typeof data_hex === "string" ? { data: bytes(data_hex) } : {};
    expect(hex(encode({ ...rest, ...data } as ClientFrame))).toBe(wanted);
  });

  test.each(vectors.server)("a server's $name", ({ frame, hex: given }) => {
    const found = decode(bytes(given));
    const { data_hex, ...rest } = frame;
    if (found.type === "output") expect(hex(found.data)).toBe(data_hex);
    else expect(found).toEqual(rest);
  });

  test.each(vectors.invalid.server)("from a server, $name is refused", ({ hex: given }) => {
    expect(() => decode(bytes(given))).toThrow(ProtocolError);
  });
});

test("a frame is read where it lies in a larger buffer", () => {
  expect(decode(bytes("00006b00400000").subarray(2))).toEqual({ type: "skipped", bytes: 4_194_304 });
});
