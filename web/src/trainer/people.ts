/** Codes for people and for the class. Codes in clear become text once, and are not kept by the page. */

import { make } from "../dom";
import { attempt, busy, type Context } from "./context";

interface ClassCode {
  readonly is_open: boolean;
  readonly code: string | null;
  readonly link: string | null;
}

export function people(context: Context, page: ParentNode = document): void {
  const { call, say } = context;
  const shown = page.querySelector<HTMLElement>("[data-codes]");
  const add = page.querySelector<HTMLFormElement>('form[data-do="add"]');
  add?.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(add, async () => {
      const values = new FormData(add);
      const file = values.get("file");
      const listed = file instanceof File && file.size > 0 ? await file.text() : "";
      const csv = listed || String(values.get("csv"));
      const body = { csv, count: Number(values.get("count")) };
      const made = await attempt(context, () => call<{ cards: readonly unknown[] }>("POST", "people", body));
      if (!made) return;
      shown?.replaceChildren(make("p", {}, say("trainer.codes.made", { count: made.cards.length })));
      add.reset();
    });
  });

  const form = page.querySelector<HTMLFormElement>('form[data-do="class"]');
  const state = page.querySelector<HTMLElement>("[data-class-state]");
  const told = (code: ClassCode | undefined) => {
    if (!code) return;
    if (state) state.textContent = say(code.is_open ? "trainer.class.open" : "trainer.class.closed");
    shown?.replaceChildren(
      ...(code.code
        ? [make("p", { class: "code" }, code.code), make("p", { class: "address" }, code.link ?? "")]
        : []),
    );
  };
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = String(new FormData(form).get("code")).trim();
    void busy(form, async () => {
      told(await attempt(context, () => call<ClassCode>("PUT", "class-code", code ? { code } : {})));
      form.reset();
    });
  });
  page.querySelector("[data-class-close]")?.addEventListener("click", () => {
    void attempt(context, () => call<ClassCode>("DELETE", "class-code")).then(told);
  });
}
