/** The files of a seat: a folder, or a file of it in the editor. Loaded when it is first seen. */

import "./files.css";
import type { Announce } from "../announce";
import type { Config } from "../config";
import { ask } from "../dialog";
import { button, make } from "../dom";
import { remember, remembered } from "../remembered";
import { ApiError } from "../request";
import type { Say } from "../words";
import { type Entry, type FilesApi, type Folder, filesApi } from "./api";
import { Editor } from "./editor";
import { List } from "./list";
import { child, crumbs, parent } from "./path";
import { askName } from "./prompt";
import { Uploads } from "./uploads";

const FRESH_MS = 2000;

export class FilesView {
  readonly #api: FilesApi;
  readonly #list: List;
  readonly #uploads: Uploads;
  readonly #crumbs = make("ol", { class: "crumbs" });
  readonly #containers = make("select");
  readonly #note = make("p", { class: "files-note" });
  readonly #browser = make("div", { class: "browser" });
  readonly #listening = new AbortController();
  readonly #key: string;
  #folder: Folder | undefined;
  #editor: Editor | undefined;
  #looked = 0;

  constructor(
    private readonly place: HTMLElement,
    config: Config,
    private readonly say: Say,
    private readonly announce: Announce,
    api?: FilesApi,
  ) {
    this.#api = api ?? filesApi(config, place.dataset.files ?? "");
    this.#key = `${config.seat}.folder`;
    this.#list = new List(say, {
      open: (entry) => void this.open(entry),
      rename: (entry) => void this.#rename(entry),
      remove: (entry) => void this.#remove(entry),
      address: (entry) => this.#api.address(entry.path, this.#container),
    });
    this.#uploads = new Uploads(this.#api, say, announce, () => void this.refresh());
    this.#build();
    const leaving = (event: BeforeUnloadEvent) => {
      if (this.#editor?.isChanged || this.#uploads.isBusy) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving, { signal: this.#listening.signal });
  }

  /** Looks again, unless it just has; without a folder yet, at the one that was seen last. */
  async shown(): Promise<void> {
    if (this.#editor || Date.now() - this.#looked < FRESH_MS) return;
    if (this.#folder) await this.refresh();
    else if (!(await this.#go(remembered(this.#key) ?? "", "", "quietly"))) await this.#go("", "");
  }

  focus(): void {
    if (this.#editor) this.#editor.focus();
    else if (!this.#list.focus())
      this.#browser.querySelector<HTMLElement>(".crumbs li:last-child button")?.focus();
  }

  /** Nothing is in use any more. */
  close(): void {
    this.#listening.abort();
  }

  async refresh(): Promise<void> {
    if (this.#folder) await this.#go(this.#folder.path, this.#container);
  }

  /** A folder is shown, a file goes to the editor, and a link to wherever it leads. */
  async open(entry: Entry): Promise<void> {
    if (entry.kind === "folder") {
      await this.#enter(entry.path);
      return;
    }
    await this.#try(async () => {
      const file = await this.#api.open(entry.path, this.#container);
      if (file.kind === "folder") await this.#enter(entry.path);
      else if (file.kind === "other") this.announce(this.say("files.other", { name: entry.name }));
      else {
        this.#editor = new Editor(file, this.#container, this.#api, this.say, this.announce, {
          closed: (path) => void this.#closed(path),
        });
        this.#browser.hidden = true;
        this.place.append(this.#editor.element);
        this.#editor.focus();
      }
    });
  }

  get #container(): string {
    return this.#folder?.container ?? "";
  }

  #build(): void {
    const { say } = this;
    const chosen = make("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "aria-label": say("files.upload"),
    });
    chosen.addEventListener("change", () => {
      this.#upload([...(chosen.files ?? [])]);
      chosen.value = "";
    });
    const tools = make(
      "div",
      { class: "tools" },
      button(say("files.new"), () => void this.#create()),
      button(say("files.new_folder"), () => void this.#createFolder()),
      button(say("files.upload"), () => chosen.click()),
      button(say("files.reload"), () => void this.refresh()),
      chosen,
    );
    this.#containers.setAttribute("aria-label", say("files.container"));
    this.#containers.addEventListener("change", () => void this.#go("", this.#containers.value));
    this.#browser.append(
      make(
        "div",
        { class: "files-bar" },
        this.#containers,
        make("nav", { "aria-label": say("files.folder") }, this.#crumbs),
        tools,
      ),
      this.#note,
      make("div", { class: "files-scroll" }, this.#list.element),
      this.#uploads.element,
      make("p", { class: "files-drop", "aria-hidden": "true" }, say("files.drop")),
    );
    this.place.append(this.#browser);
    this.#acceptDrops();
  }

  #acceptDrops(): void {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") && !this.#editor;
    this.place.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.place.classList.add("is-dropping");
    });
    this.place.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node && this.place.contains(event.relatedTarget))) {
        this.place.classList.remove("is-dropping");
      }
    });
    this.place.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.place.classList.remove("is-dropping");
      const items = [...(event.dataTransfer?.items ?? [])];
      const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (folders.length > 0) this.announce(this.say("files.no_folders"));
      this.#upload(items.filter((item) => !folders.includes(item)).flatMap((item) => item.getAsFile() ?? []));
    });
  }

  #upload(files: readonly File[]): void {
    if (this.#folder && files.length > 0) {
      this.#uploads.add(files, this.#folder.path, this.#container, this.#folder.max_upload_bytes);
    }
  }

  async #enter(path: string): Promise<void> {
    if (await this.#go(path, this.#container)) this.focus();
  }

  /** Shows a folder. Whether it could be. */
  async #go(path: string, container: string, how?: "quietly"): Promise<boolean> {
    return await this.#try(async () => {
      const isOther = this.#folder?.path !== path;
      const folder = await this.#api.list(path, container);
      this.#looked = Date.now();
      this.#folder = folder;
      remember(this.#key, folder.path);
      this.#show(folder);
      if (isOther && !how) {
        this.announce(this.say("files.opened", { name: folder.name, count: folder.entries.length }), "aloud");
      }
    }, how);
  }

  #show(folder: Folder): void {
    const all = crumbs(folder.path);
    this.#crumbs.replaceChildren(
      ...all.map(({ name, path }, index) => {
        const step = button("", () => void this.#enter(path), {
          "aria-current": index === all.length - 1 ? "location" : undefined,
        });
        step.append(make("bdi", {}, name));
        return make("li", {}, step);
      }),
    );
    this.#containers.hidden = folder.containers.length < 2;
    this.#containers.replaceChildren(
      ...folder.containers.map((name) => make("option", { selected: name === folder.container }, name)),
    );
    const notes = [
      folder.is_complete ? "" : this.say("files.incomplete", { count: folder.entries.length }),
      folder.is_writable ? "" : this.say("files.not_writable"),
      folder.entries.length > 0 ? "" : this.say("files.empty"),
    ];
    this.#note.textContent = notes.filter((note) => note !== "").join(" ");
    this.#note.hidden = this.#note.textContent === "";
    this.#list.element.hidden = folder.entries.length === 0;
    this.#list.show(
      this.say("files.opened", { name: folder.name, count: folder.entries.length }),
      folder.entries,
    );
  }

  async #closed(path: string): Promise<void> {
    this.#editor?.element.remove();
    this.#editor = undefined;
    this.#browser.hidden = false;
    await this.refresh();
    if (!this.#list.focus(path)) this.focus();
  }

  async #create(): Promise<void> {
    const { say } = this;
    const name = await askName(say, say("files.new"), say("files.create"));
    if (name === null || !this.#folder) return;
    const path = child(this.#folder.path, name);
    await this.#try(async () => {
      await this.#api.put(path, this.#container, "", "new").done;
      await this.refresh();
      const made = this.#folder?.entries.find((entry) => entry.path === path);
      if (made) await this.open(made);
    });
  }

  async #createFolder(): Promise<void> {
    const { say } = this;
    const name = await askName(say, say("files.new_folder"), say("files.create"));
    if (name === null || !this.#folder) return;
    const path = child(this.#folder.path, name);
    await this.#try(async () => {
      await this.#api.makeFolder(path, this.#container);
      await this.refresh();
      this.#list.focus(path);
    });
  }

  async #rename(entry: Entry): Promise<void> {
    const { say } = this;
    const name = await askName(
      say,
      say("files.rename.title", { name: entry.name }),
      say("files.rename"),
      entry.name,
    );
    if (name === null || name === entry.name) return;
    const path = child(parent(entry.path), name);
    await this.#try(async () => {
      await this.#api.move(entry.path, path, this.#container);
      await this.refresh();
      this.#list.focus(path);
    });
  }

  async #remove(entry: Entry): Promise<void> {
    const { say } = this;
    const isMeant = await ask(
      say("files.delete.title", { name: entry.name }),
      [make("p", {}, say(entry.kind === "folder" ? "files.delete.folder" : "files.delete.file"))],
      [
        { label: say("files.delete"), value: true },
        { label: say("cancel"), value: false },
      ],
    );
    if (!isMeant) return;
    await this.#try(async () => {
      await this.#api.remove(entry.path, this.#container);
      this.announce(say("files.deleted", { name: entry.name }));
      await this.refresh();
      this.focus();
    });
  }

  /** What the portal refuses is said. */
  async #try(act: () => Promise<void>, how?: "quietly"): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!how) this.announce(error.status === 0 ? this.say("offline") : error.message);
      return false;
    }
  }
}
