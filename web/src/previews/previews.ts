/** All previews of the page, and the links to them in the lesson. */

import { all } from "../dom";
import type { Say } from "../words";
import { Preview } from "./preview";

export function previews(place: ParentNode, say: Say): Preview[] {
  return all("[data-preview]:not(a)", place).map((element) => new Preview(element, say));
}

/** Links to a preview show it in its tab. With a key held down, or another button, they are links as any other. */
export function follow(lesson: HTMLElement, shown: readonly Preview[], choose: (name: string) => void): void {
  lesson.addEventListener("click", (event) => {
    const link =
      event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-preview]") : null;
    const preview = shown.find((each) => each.name === `_preview-${link?.dataset.preview}`);
    if (!link || !preview || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    preview.open(link.getAttribute("href") ?? "");
    choose(preview.name);
  });
}
