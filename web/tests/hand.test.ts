import { expect, test, vi } from "vitest";
import { type Api, ApiError } from "../src/api";
import { hand } from "../src/hand";
import { speaker } from "../src/words";

function made(raise: (isRaised: boolean) => Promise<void>) {
  const button = document.createElement("button");
  button.setAttribute("aria-pressed", "false");
  const announce = vi.fn();
  hand(button, { raise } as unknown as Api, speaker(), announce);
  return { button, announce };
}

test("a hand goes up and down", async () => {
  const raise = vi.fn(async () => {});
  const { button, announce } = made(raise);
  button.click();
  await vi.waitFor(() => expect(button.getAttribute("aria-pressed")).toBe("true"));
  button.click();
  await vi.waitFor(() => expect(button.getAttribute("aria-pressed")).toBe("false"));
  expect(raise.mock.calls).toEqual([[true], [false]]);
  expect(announce).toHaveBeenCalledTimes(2);
});

test("a hand that the server did not see is not up", async () => {
  const { button, announce } = made(async () => {
    throw new ApiError(409, "seat lab-01 has ended");
  });
  button.click();
  await vi.waitFor(() => expect(announce).toHaveBeenCalledWith("seat lab-01 has ended"));
  expect(button.getAttribute("aria-pressed")).toBe("false");
});
