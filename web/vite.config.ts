import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The catalogues go beside the scripts: the portal reads one and puts it into the page. */
const words: Plugin = {
  name: "words",
  generateBundle() {
    for (const file of readdirSync(new URL("src/words", import.meta.url)).filter((f) =>
      f.endsWith(".json"),
    )) {
      const source = readFileSync(new URL(`src/words/${file}`, import.meta.url));
      this.emitFile({ type: "asset", fileName: `words/${file}`, source });
    }
  },
};

export default defineConfig({
  base: "./",
  plugins: [words],
  build: {
    outDir: "../src/podlab/portal/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        page: "src/page.ts",
        seat: "src/seat.ts",
        trainer: "src/trainer.ts",
        watch: "src/watch.ts",
        cards: "src/cards.ts",
      },
    },
  },
  server: { fs: { allow: [".."] } },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    isolate: false, // one page for all files: loading jsdom for each costs more than the tests
    pool: "threads",
    testTimeout: 20_000,
  },
});
