import { beforeEach, expect, test } from "vitest";
import { control, ExtraKeys } from "../src/terminal/keys";
import { speaker } from "../src/words";

let typed: string[];
let application: boolean;
let keys: ExtraKeys;

beforeEach(() => {
  typed = [];
  application = false;
  keys = new ExtraKeys(
    speaker(),
    (text) => typed.push(text),
    () => application,
  );
});

const press = (label: string) => {
  const found = [...keys.row.querySelectorAll("button")].find((key) => key.textContent === label);
  expect(found).toBeDefined();
  found?.click();
};

test.each([
  ["c", "\x03"],
  ["C", "\x03"],
  ["[", "\x1b"],
  [" ", "\0"],
  ["?", "\x7f"],
  ["1", "1"],
  ["ab", "ab"],
])("Ctrl makes %j into %j", (text, wanted) => expect(control(text)).toBe(wanted));

test("Ctrl and Alt hold for one key, and show it", () => {
  press("Ctrl");
  expect(keys.row.querySelectorAll('[aria-pressed="true"]')).toHaveLength(1);
  expect(keys.applied("d")).toBe("\x04");
  expect(keys.applied("d")).toBe("d");
  press("Alt");
  press("Ctrl");
  expect(keys.applied("b")).toBe("\x1b\x02");
  press("Alt");
  press("Alt");
  expect(keys.applied("b")).toBe("b");
});

test("arrows follow the mode that the program has set", () => {
  press("↑");
  application = true;
  press("↑");
  press("Esc");
  press("Tab");
  expect(typed).toEqual(["\x1b[A", "\x1bOA", "\x1b", "\t"]);
});
