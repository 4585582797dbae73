import { beforeEach, expect, test } from "vitest";
import { asOneLine, reviewed } from "../src/terminal/paste";
import { speaker } from "../src/words";

// jsdom has dialogs, but does not open them
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};

beforeEach(() => document.body.replaceChildren());

const dialog = () => document.querySelector("dialog") as HTMLDialogElement;
const answer = (index: number) => {
  dialog().returnValue = String(index);
  dialog().dispatchEvent(new Event("close"));
};
const TEXT = "cd /tmp\n  rm -rf old\n";

test("one line is pasted without a question", async () => {
  expect(await reviewed("ls -l", false, speaker())).toBe("ls -l");
  expect(dialog()).toBeNull();
});

test("a program that takes a paste as a whole is trusted with it", async () => {
  expect(await reviewed(TEXT, true, speaker())).toBe(TEXT);
  expect(dialog()).toBeNull();
});

test.each([
  [0, TEXT],
  [1, "cd /tmp rm -rf old"],
  [2, ""],
])("several lines are shown first; answer %i gives %j", async (index, wanted) => {
  const result = reviewed(TEXT, false, speaker());
  expect(dialog().textContent).toContain("Paste this into the terminal?");
  expect(dialog().querySelector("pre")?.textContent).toContain("rm -rf old");
  answer(index);
  expect(await result).toBe(wanted);
  expect(dialog()).toBeNull();
});

test("Escape pastes nothing", async () => {
  const result = reviewed(TEXT, false, speaker());
  dialog().dispatchEvent(new Event("close"));
  expect(await result).toBe("");
});

test("a line break at the end makes a command run, so it is asked about", async () => {
  const result = reviewed("reboot\n", false, speaker());
  answer(1);
  expect(await result).toBe("reboot");
  expect(asOneLine(" a \r b\r\n\nc")).toBe("a b c");
});

test("markup in a paste is text", async () => {
  const result = reviewed("<img src=x onerror=alert(1)>\n<b>x</b>", false, speaker());
  expect(dialog().querySelector("img, b")).toBeNull();
  answer(2);
  await result;
});
