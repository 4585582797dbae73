/** Who did what, the newest first: `details[data-audit]`, asked for when it is opened. */

import { make } from "../dom";
import { attempt, type Context } from "./context";

interface Entry {
  readonly at: string;
  readonly who: string;
  readonly what: string;
}

export function audit(context: Context, page: ParentNode = document): void {
  const place = page.querySelector<HTMLDetailsElement>("details[data-audit]");
  const list = place?.querySelector("ol");
  place?.addEventListener("toggle", async () => {
    if (!place.open || !list) return;
    const found = await attempt(context, () =>
      context.call<{ entries: readonly Entry[] }>("GET", "audit?newest=100"),
    );
    list.replaceChildren(
      ...[...(found?.entries ?? [])]
        .reverse()
        .map((each) =>
          make(
            "li",
            {},
            make("time", { datetime: each.at }, new Date(each.at).toLocaleTimeString()),
            ` ${each.who}: ${each.what}`,
          ),
        ),
    );
  });
}
