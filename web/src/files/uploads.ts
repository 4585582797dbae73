/** Files on their way up: one after the other, each with its progress and a way to stop it. */

import type { Announce } from "../announce";
import { ask } from "../dialog";
import { button, make } from "../dom";
import { ApiError } from "../request";
import type { Say } from "../words";
import type { Expected, FilesApi, Upload } from "./api";
import { child } from "./path";
import { size } from "./text";

interface Waiting {
  readonly file: File;
  readonly folder: string;
  readonly container: string;
  readonly row: HTMLElement;
}

export class Uploads {
  readonly element = make("ul", { class: "uploads" });
  readonly #queue: Waiting[] = [];
  #now: Upload | undefined;
  #isRunning = false;

  constructor(
    private readonly api: FilesApi,
    private readonly say: Say,
    private readonly announce: Announce,
    /** A file has arrived. */
    private readonly arrived: () => void,
  ) {
    this.element.hidden = true;
    this.element.setAttribute("aria-label", say("files.uploads"));
  }

  get isBusy(): boolean {
    return this.#isRunning;
  }

  add(files: readonly File[], folder: string, container: string, maxBytes: number): void {
    for (const file of files) {
      if (file.size > maxBytes) {
        const limit = size(maxBytes, document.documentElement.lang || undefined);
        this.announce(this.say("files.too_large", { name: file.name, limit }));
        continue;
      }
      const row = make("li", {}, make("bdi", {}, file.name));
      this.element.append(row);
      this.#queue.push({ file, folder, container, row });
    }
    this.element.hidden = this.element.childElementCount === 0;
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await this.#one(next, "new");
    this.#isRunning = false;
  }

  async #one(waiting: Waiting, expected: Expected): Promise<void> {
    const { file, folder, container, row } = waiting;
    const bar = make("progress", { max: "1", value: "0", "aria-label": file.name });
    const path = child(folder, file.name);
    this.#now = this.api.put(path, container, file, expected, (share) => {
      bar.value = share;
    });
    let isCancelled = false;
    const cancel = button(
      this.say("cancel"),
      () => {
        isCancelled = true;
        this.#now?.cancel();
      },
      { "aria-label": `${this.say("cancel")}: ${file.name}` },
    );
    row.replaceChildren(make("bdi", {}, file.name), bar, cancel);
    try {
      await this.#now.done;
      this.#leave(row);
      this.announce(this.say("files.uploaded", { name: file.name }));
      this.arrived();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isCancelled) this.#leave(row);
      else if (error.status === 409 && expected === "new" && (await this.#isToBeReplaced(error.message))) {
        await this.#one(waiting, "any");
      } else if (error.status === 409 && expected === "new") this.#leave(row);
      else this.#failed(row, file.name, error.status === 0 ? this.say("offline") : error.message);
    }
  }

  async #isToBeReplaced(why: string): Promise<boolean> {
    const answers = [
      { label: this.say("files.replace"), value: true },
      { label: this.say("files.skip"), value: false },
    ];
    return await ask(this.say("files.replace.title"), [make("p", {}, why)], answers);
  }

  #failed(row: HTMLElement, name: string, why: string): void {
    const away = button("×", () => this.#leave(row), { "aria-label": `${this.say("close")}: ${name}` });
    row.replaceChildren(make("bdi", {}, name), make("span", { class: "why" }, why), away);
    this.announce(`${name}: ${why}`, "aloud");
  }

  #leave(row: HTMLElement): void {
    row.remove();
    this.element.hidden = this.element.childElementCount === 0;
  }
}
