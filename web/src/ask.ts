/** Forms that cannot be undone: `<form data-ask="What will happen. Do it?">` asks before it is sent. */

import { ask } from "./dialog";
import type { Say } from "./words";

export function askBefore(say: Say, page: Document = document): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form instanceof HTMLFormElement ? form.dataset.ask : undefined;
    if (!(form instanceof HTMLFormElement) || question === undefined) return;
    event.preventDefault();
    const title = form.querySelector<HTMLElement>('button[type="submit"]')?.textContent ?? "";
    void ask(
      title,
      [question],
      [
        { label: title, value: true },
        { label: say("cancel"), value: false },
      ],
    ).then((isMeant) => {
      if (isMeant) form.submit();
    });
  });
}
