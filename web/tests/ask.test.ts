import { beforeEach, expect, test, vi } from "vitest";
import { askBefore } from "../src/ask";
import { speaker } from "../src/words";

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = vi.fn();
});

function submitted(html: string): { form: HTMLFormElement; event: Event } {
  document.body.innerHTML = html;
  const page = document.implementation.createHTMLDocument();
  page.body.innerHTML = html;
  askBefore(speaker(), page);
  const form = page.querySelector("form") as HTMLFormElement;
  form.submit = vi.fn();
  const event = new Event("submit", { bubbles: true, cancelable: true });
  form.dispatchEvent(event);
  return { form, event };
}

test("a form that cannot be undone waits for the answer", async () => {
  const { form, event } = submitted('<form data-ask="Sure?"><button type="submit">Reset</button></form>');
  expect(event.defaultPrevented).toBe(true);
  expect(form.submit).not.toHaveBeenCalled();
  const dialog = document.querySelector("dialog") as HTMLDialogElement;
  expect(dialog.textContent).toContain("Sure?");
  dialog.returnValue = "0";
  dialog.dispatchEvent(new Event("close"));
  await vi.waitFor(() => expect(form.submit).toHaveBeenCalledOnce());
});

test("other forms are sent as they are", () => {
  const { event } = submitted("<form></form>");
  expect(event.defaultPrevented).toBe(false);
});
