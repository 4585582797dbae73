/**
 * A text file, to be looked at and changed: a plain textarea, which the tab key leaves. Nothing that was typed is lost
 * without being asked about, and nothing that somebody else wrote meanwhile is overwritten so.
 */

import type { Announce } from "../announce";
import { ask } from "../dialog";
import { button, make } from "../dom";
import { ApiError } from "../request";
import type { Say } from "../words";
import type { Expected, FilesApi, TextFile } from "./api";
import { child, parent } from "./path";
import { askName } from "./prompt";
import { joined, type Lines, lines } from "./text";

export interface EditorEvents {
  /** It was left; nothing that was typed is in it any more. */
  closed(path: string): void;
}

export class Editor {
  readonly element: HTMLElement;
  readonly #field: HTMLTextAreaElement;
  readonly #state = make("span", { class: "editor-state", role: "status" });
  readonly #save: HTMLButtonElement;
  readonly #lines: Lines;
  #saved: string;
  #version: string;
  #path: string;
  #isSaving = false;

  constructor(
    file: TextFile,
    private readonly container: string,
    private readonly api: FilesApi,
    private readonly say: Say,
    private readonly announce: Announce,
    private readonly events: EditorEvents,
  ) {
    this.#path = file.path;
    this.#version = file.version;
    this.#lines = lines(file.text);
    const why = this.#whyReadOnly(file);
    this.#field = make("textarea", {
      "aria-label": say("files.content", { name: file.name }),
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "off",
      readonly: why !== "",
    });
    this.#field.value = this.#lines.text;
    this.#field.setSelectionRange(0, 0); // else the cursor stands at the end
    this.#saved = this.#field.value;
    this.#field.addEventListener("input", () => this.#show());
    this.#save = button(say("files.save"), () => void this.save().then(() => this.focus()), {
      class: "primary",
      title: say("files.save.key"),
    });
    this.#save.hidden = why !== "";
    const download = make(
      "a",
      { class: "button", href: api.address(file.path, container), download: true },
      say("files.download"),
    );
    this.element = make(
      "section",
      { class: "editor", "aria-label": file.name },
      make(
        "div",
        { class: "files-bar" },
        make("h2", {}, make("bdi", {}, file.name)),
        this.#state,
        make(
          "div",
          { class: "tools" },
          this.#save,
          download,
          button(say("files.close"), () => void this.close()),
        ),
      ),
    );
    if (why) this.element.append(make("p", { class: "files-note" }, why));
    if (file.kind === "text") this.element.append(this.#field);
    this.element.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      if (why === "") void this.save();
    });
    this.#show();
  }

  get isChanged(): boolean {
    return this.#field.value !== this.#saved;
  }

  focus(): void {
    if (this.#field.isConnected) this.#field.focus();
    else this.element.querySelector("a")?.focus();
  }

  /** Whether it is saved now. */
  async save(expected: Expected = this.#version, path = this.#path): Promise<boolean> {
    if (this.#isSaving) return false;
    const text = this.#field.value;
    this.#isSaving = true;
    this.#show(this.say("files.saving"));
    try {
      const content = joined(text, this.#lines.ends);
      const version = await this.api.put(path, this.container, content, expected).done;
      if (path === this.#path) {
        this.#version = version;
        this.#saved = text;
      }
      this.#isSaving = false;
      this.#show(this.isChanged ? undefined : this.say("files.saved"));
      return true;
    } catch (error) {
      this.#isSaving = false;
      this.#show();
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 409) return await this.#conflict(error.message);
      this.announce(error.status === 0 ? this.say("offline") : error.message);
      return false;
    }
  }

  /** Leaves it, if nothing is lost by that or it is meant. Whether it was left. */
  async close(): Promise<boolean> {
    if (this.isChanged) {
      const { say } = this;
      const answer = await ask(
        say("files.unsaved"),
        [make("p", {}, say("files.unsaved.why"))],
        [
          { label: say("files.save"), value: "save" },
          { label: say("files.discard"), value: "discard" },
          { label: say("files.back"), value: "back" },
        ],
      );
      if (answer === "back" || (answer === "save" && !(await this.save()))) return false;
      this.#saved = this.#field.value;
    }
    this.events.closed(this.#path);
    return true;
  }

  async #conflict(why: string): Promise<boolean> {
    const { say } = this;
    const answer = await ask(
      say("files.conflict"),
      [make("p", {}, why)],
      [
        { label: say("files.save_as"), value: "other" },
        { label: say("files.replace"), value: "replace" },
        { label: say("files.back"), value: "back" },
      ],
    );
    if (answer === "replace") return await this.save("any");
    if (answer === "back") return false;
    const name = await askName(say, say("files.save_as"), say("files.save"));
    if (name === null) return false;
    const other = child(parent(this.#path), name);
    if (!(await this.save("new", other))) return false;
    this.#saved = this.#field.value; // it is safe under the other name
    this.#path = other;
    this.events.closed(other);
    return true;
  }

  #whyReadOnly(file: TextFile): string {
    if (file.kind === "binary") return this.say("files.binary");
    if (file.kind !== "text") return this.say("files.large");
    if (!file.is_writable) return this.say("files.read_only");
    return this.#lines.ends === "mixed" ? this.say("files.mixed") : "";
  }

  #show(state = this.isChanged ? this.say("files.changes") : ""): void {
    this.#save.disabled = this.#isSaving || !this.isChanged;
    if (this.#state.textContent !== state) this.#state.textContent = state;
    this.#state.classList.toggle("is-changed", this.isChanged);
  }
}
