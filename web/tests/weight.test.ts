// @vitest-environment node
import { gzipSync } from "node:zlib";
import { build, type Manifest } from "vite";
import { beforeAll, expect, test } from "vitest";

/** What a page loads, compressed as the portal sends it: the script, all that it imports, and their styles. */

const KB = 1000;
let files: Map<string, string | Uint8Array>;
let manifest: Manifest;

beforeAll(async () => {
  const configFile = `${import.meta.dirname}/../vite.config.ts`;
  const built = await build({ configFile, logLevel: "error", build: { write: false } });
  if (!("output" in built)) throw new Error("not one build");
  files = new Map(
    built.output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]),
  );
  manifest = JSON.parse(String(files.get("manifest.json")));
}, 60_000);

function loaded(entry: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[entry];
  if (!chunk) throw new Error(`the build has no ${entry}`);
  if (seen.has(chunk.file)) return seen;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
  for (const other of chunk.imports ?? []) loaded(other, seen);
  return seen;
}

const weight = (entry: string) =>
  [...loaded(entry)].reduce((sum, file) => sum + gzipSync(files.get(file) ?? "", { level: 6 }).length, 0);

test("scripts and styles leave the page itself room: 150 kB are allowed with terminals, 40 kB without", () => {
  const [seat, page] = [weight("src/seat.ts"), weight("src/page.ts")];
  expect(weight("src/trainer.ts")).toBeLessThan(25 * KB);
  console.info(`compressed: ${seat} bytes with terminals, ${page} without`);
  expect(page).toBeGreaterThan(3 * KB);
  expect(seat).toBeLessThan(135 * KB);
  expect(page).toBeLessThan(15 * KB);
});

test("nothing is loaded from another host, and no font at all", () => {
  for (const [name, content] of files) {
    if (!name.endsWith(".css")) continue;
    expect(String(content), name).not.toMatch(/url\(\s*["']?(https?:)?\/\//);
    expect(String(content), name).not.toContain("@font-face");
  }
  expect([...files.keys()].filter((name) => /\.(woff2?|ttf|map)$/.test(name))).toEqual([]);
});

test("every language's words are there for the portal", () => {
  expect([...files.keys()].filter((name) => name.startsWith("words/")).sort()).toEqual([
    "words/de.json",
    "words/en.json",
  ]);
});
