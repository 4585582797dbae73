/** The tab of the seat's files: `[data-files=ADDRESS]`. What is in it is loaded when it is first seen. */

import type { Announce } from "../announce";
import type { Config } from "../config";
import type { Panel } from "../panes/panel";
import type { Say } from "../words";
import type { FilesView } from "./view";

/** One panel, or none where the page has no place for it. */
export function files(page: ParentNode, config: Config, say: Say, announce: Announce): Panel[] {
  const element = page.querySelector<HTMLElement>(":scope > [data-files]");
  if (!element) return [];
  let view: Promise<FilesView> | undefined;
  const load = async () => {
    const { FilesView } = await import("./view");
    return new FilesView(element, config, say, announce);
  };
  const loaded = () => {
    view ??= load().catch((error: unknown) => {
      view = undefined; // asked for again when it is seen again
      announce(say("offline"));
      throw error;
    });
    return view;
  };
  return [
    {
      name: "_files",
      label: say("files"),
      element,
      shown: () => void loaded().then((made) => made.shown()),
      focus: () => void loaded().then((made) => made.focus()),
    },
  ];
}
