/** Asks for a name, in a dialog. */

import { ask } from "../dialog";
import { make } from "../dom";
import type { Say } from "../words";
import { isName } from "./path";

/** The name, or null where it was cancelled or cannot be one. */
export async function askName(say: Say, title: string, action: string, initial = ""): Promise<string | null> {
  const field = make("input", {
    value: initial,
    maxlength: "255",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
  });
  const answered = ask(
    title,
    [make("p", {}, make("label", { class: "field" }, say("files.name"), " ", field))],
    [
      { label: action, value: true },
      { label: say("cancel"), value: false },
    ],
  );
  field.focus();
  const end = initial.lastIndexOf(".");
  field.setSelectionRange(0, end > 0 ? end : initial.length);
  return (await answered) && isName(field.value) ? field.value : null;
}
