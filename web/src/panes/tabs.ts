/** Tabs over panels, as WAI-ARIA has them; split: the two that were chosen last are seen together. */

import { button, make } from "../dom";

export interface Tab {
  readonly name: string;
  readonly label: string;
  readonly panel: HTMLElement;
}

export interface TabEvents {
  /** Another panel is seen, or one more, or one less. */
  changed(active: string): void;
  /** Somebody clicked on a tab, to work in its panel. Who walks over the tabs with arrows stays on them. */
  entered(name: string): void;
}

export class Tabs {
  readonly list: HTMLElement;
  readonly splitter: HTMLButtonElement;
  /** Names, the one that was chosen last first. */
  #recent: string[];
  #isSplit = false;
  readonly #tabs: Tab[] = [];
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #events: TabEvents;

  constructor(tabs: readonly Tab[], words: { list: string; split: string }, events: TabEvents) {
    this.#events = events;
    this.#recent = tabs.map((tab) => tab.name);
    this.list = make("div", { role: "tablist", "aria-label": words.list });
    for (const tab of tabs) this.#append(tab, tabs.length);
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.splitter = button(words.split, () => this.split(!this.#isSplit), {
      "aria-pressed": "false",
      "data-split": true,
    });
    this.splitter.hidden = tabs.length < 2;
    this.#show();
  }

  /** One more tab, behind that of `after`; it is chosen. */
  add(tab: Tab, after: string): void {
    this.#append(tab, this.#tabs.findIndex((each) => each.name === after) + 1);
    this.splitter.hidden = this.#tabs.length < 2;
    this.choose(tab.name);
  }

  get active(): string {
    return this.#recent[0] as string;
  }

  /** All names, the one that was chosen last first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  get isSplit(): boolean {
    return this.#isSplit;
  }

  choose(name: string): void {
    if (!this.#buttons.has(name)) return;
    this.#recent = [name, ...this.#recent.filter((other) => other !== name)];
    this.#show();
    this.#events.changed(name);
  }

  split(on: boolean): void {
    this.#isSplit = on && this.#tabs.length > 1;
    this.splitter.setAttribute("aria-pressed", String(this.#isSplit));
    this.#show();
    this.#events.changed(this.active);
  }

  /** What a tab says beside its label: its state, for eyes and for screen readers. */
  mark(name: string, state: string): void {
    const tab = this.#buttons.get(name);
    if (tab) tab.dataset.state = state;
  }

  #append(tab: Tab, at: number): void {
    const made = button(tab.label, () => this.#enter(tab.name), {
      role: "tab",
      id: `tab-${tab.name}`,
      "aria-controls": `panel-${tab.name}`,
    });
    tab.panel.id = `panel-${tab.name}`;
    tab.panel.setAttribute("role", "tabpanel");
    tab.panel.setAttribute("aria-labelledby", made.id);
    this.list.insertBefore(made, this.list.children[at] ?? null);
    this.#buttons.set(tab.name, made);
    this.#tabs.splice(at, 0, tab);
  }

  #enter(name: string): void {
    this.choose(name);
    this.#events.entered(name);
  }

  #show(): void {
    const shown = this.#recent.slice(0, this.#isSplit ? 2 : 1);
    for (const tab of this.#tabs) {
      const isActive = tab.name === this.active;
      const made = this.#buttons.get(tab.name);
      made?.setAttribute("aria-selected", String(isActive));
      if (made) made.tabIndex = isActive ? 0 : -1;
      tab.panel.hidden = !shown.includes(tab.name);
    }
  }

  #key(event: KeyboardEvent): void {
    const names = this.#tabs.map((tab) => tab.name);
    const at = names.indexOf(this.active);
    const to: Record<string, number> = {
      ArrowLeft: (at - 1 + names.length) % names.length,
      ArrowRight: (at + 1) % names.length,
      Home: 0,
      End: names.length - 1,
    };
    const index = to[event.key];
    if (index === undefined) return;
    event.preventDefault();
    const name = names[index] as string;
    this.choose(name);
    this.#buttons.get(name)?.focus();
  }
}
