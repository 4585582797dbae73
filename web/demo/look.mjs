/**
 * Opens the demo in Debian's Chromium, takes pictures in each theme and on a phone, and lets axe-core judge each:
 * `npm run look -- FOLDER`. Ends with 1 at a serious finding, a violated Content-Security-Policy or an error.
 */

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

const folder = process.argv[2] ?? "look";
const configFile = `${import.meta.dirname}/vite.config.ts`;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const problems = [];

async function judge(page, name) {
  await page.screenshot({ path: `${folder}/${name}.png` });
  // As a library, not into the page: its policy stays as it is.
  const found = await page.evaluate(`${axe};\naxe.run(document).then((result) => result.violations)`);
  for (const { id, impact, nodes } of found) {
    for (const { html, failureSummary } of nodes) {
      const line = `${name}: axe ${impact}: ${id}: ${html.slice(0, 160)}\n  ${failureSummary.replaceAll("\n", "\n  ")}`;
      if (impact === "serious" || impact === "critical") problems.push(line);
      else console.log(line);
    }
  }
}

await mkdir(folder, { recursive: true });
await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn", preview: { port: 0, host: "127.0.0.1" } });
const address = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});

async function open(file, options, theme = "auto") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, ...options });
  await context.addCookies([{ name: "podlab-theme", value: theme, url: address }]);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${file} (${theme}): ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${file} (${theme}): ${error.stack}`));
  await page.goto(address + file);
  await page.waitForTimeout(600);
  return page;
}

async function files(page, theme) {
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByRole("button", { name: "notes ü.md", exact: true }).focus();
  await page.locator('input[type="file"]').setInputFiles({
    name: "a.tar",
    mimeType: "application/x-tar",
    buffer: Buffer.alloc(7),
  });
  await page.waitForTimeout(300);
  await judge(page, `seat-${theme}-files`);
  await page.getByRole("button", { name: "hello.sh", exact: true }).click();
  await page.keyboard.type("echo");
  await page.waitForTimeout(100);
  await judge(page, `seat-${theme}-editor`);
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(200);
  await judge(page, `seat-${theme}-conflict`);
}

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
try {
  for (const theme of ["light", "dark", "contrast"]) {
    const page = await open("seat.html", {}, theme);
    await judge(page, `seat-${theme}`);
    await page.getByRole("button", { name: "Check" }).click();
    await page.waitForTimeout(300);
    await page.locator('[data-action="run"]').first().click();
    await page.waitForTimeout(200);
    await judge(page, `seat-${theme}-failed`);
    await page.getByRole("button", { name: "Run all" }).click();
    await page.getByRole("button", { name: "Split" }).click();
    await page.getByRole("button", { name: "Check" }).click();
    await page.waitForTimeout(400);
    await judge(page, `seat-${theme}-passed`);
    await page.getByRole("button", { name: "Next step" }).click();
    await page.locator(".choice input").nth(0).check();
    await page.locator(".choice input").nth(2).check();
    await page.getByRole("button", { name: "Answer" }).first().click();
    await page.evaluate("drop()");
    await page.waitForTimeout(200);
    await page.locator("form.quiz").first().scrollIntoViewIfNeeded();
    await judge(page, `seat-${theme}-quiz`);
    await page.waitForTimeout(1500);
    await page.locator(".screen").first().click();
    await page.keyboard.type("colours\rwide\r");
    await page.evaluate(`{
      const data = new DataTransfer();
      data.setData("text/plain", "sudo rm -rf /tmp/old\\ndocker ps --all\\n");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    }`);
    await page.waitForTimeout(200);
    await judge(page, `seat-${theme}-paste`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Shift+F");
    await page.keyboard.type("colour");
    await page.waitForTimeout(300);
    await judge(page, `seat-${theme}-search`);
    await files(page, theme);
    await judge(await open("claim.html", {}, theme), `claim-${theme}`);
    await page.context().close();
  }
  await judge(await open("seat.html", { ...phone, colorScheme: "light" }), "phone");
  const small = await open("seat.html", { ...phone, colorScheme: "dark" });
  await small.getByRole("tab", { name: "Files" }).click();
  await small.waitForTimeout(300);
  await judge(small, "phone-files");
  await judge(await open("claim.html", { ...phone, colorScheme: "dark" }), "phone-claim");
  const tablet = { viewport: { width: 1024, height: 768 }, hasTouch: true };
  await judge(await open("seat.html", { ...tablet, colorScheme: "dark" }), "tablet");
} finally {
  await browser.close();
  await server.close();
}
for (const problem of new Set(problems)) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
