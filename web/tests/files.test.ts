import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Entry,
  type Expected,
  type FilesApi,
  type Folder,
  filesApi,
  type TextFile,
} from "../src/files/api";
import { child, crumbs, decoded, isName, parent } from "../src/files/path";
import { joined, lines, size } from "../src/files/text";
import { FilesView } from "../src/files/view";
import { ApiError } from "../src/request";
import { speaker } from "../src/words";
import { one, page, settled } from "./dom";

describe("paths", () => {
  test("have crumbs, parents and children", () => {
    expect(crumbs("/home/a%20b")).toEqual([
      { name: "/", path: "/" },
      { name: "home", path: "/home" },
      { name: "a b", path: "/home/a%20b" },
    ]);
    expect(crumbs("/")).toHaveLength(1);
    expect([parent("/a/b"), parent("/a")]).toEqual(["/a", "/"]);
    expect([child("/", "a"), child("/a", "ü/?#%")]).toEqual(["/a", "/a/%C3%BC%2F%3F%23%25"]);
    expect(child("/", "\ud800")).toBe("/%EF%BF%BD");
  });

  test("are shown, whatever bytes they have", () => {
    expect(decoded("%C3%BC%0A%1B%FF-%F0%9F%99%82%7F")).toBe("ü␊␛�-🙂␡");
    expect(decoded("100%")).toBe("100");
  });

  test("a name is no path", () => {
    expect(["a", "..a", " ", "-rf"].every(isName)).toBe(true);
    expect(["", ".", "..", "a/b", "a\0"].some(isName)).toBe(false);
  });
});

describe("texts", () => {
  test.each(["", "a", "a\n", "\n\n", "a\r\nb\r\n", "\r\n", "\ufeffa\n", "\t\x1b\f\u2028"])(
    "come back as they were: %j",
    (content) => {
      const { text, ends } = lines(content);
      const field = document.createElement("textarea");
      field.value = text;
      expect(joined(field.value, ends)).toBe(content);
    },
  );

  test.each(["a\r\nb\n", "a\rb", "\r"])("whose lines end in different ways are known: %j", (content) => {
    expect(lines(content).ends).toBe("mixed");
  });

  test("sizes are in words", () => {
    expect([0, 999, 1000, 1_440_000, 123_456_789].map((bytes) => size(bytes, "en"))).toEqual([
      "0 B",
      "999 B",
      "1 kB",
      "1.4 MB",
      "123 MB",
    ]);
    expect(size(1_440_000, "de")).toBe("1,4 MB");
  });
});

describe("the API", () => {
  test("gets a path encoded once more, and a token with what is changed", async () => {
    const config = { api: "/seat/api/", csrf: "t", seat: "s", words: {} };
    const fetcher = vi.fn(async () => new Response("{}"));
    const api = filesApi(config, "/seat/files/", fetcher);
    await api.list("/a%20b", "");
    await api.move("/a", "/b", "work");
    const [first, second] = fetcher.mock.calls as unknown as [string, RequestInit][];
    expect(first?.[0]).toBe("/seat/files/list?path=%2Fa%2520b&container=");
    expect(second?.[1].body).toBe('{"path":"/a","to":"/b","container":"work"}');
    expect(second?.[1].headers).toMatchObject({ "x-csrf-token": "t" });
    expect(api.address("/a", "work")).toBe("/seat/files/download?path=%2Fa&container=work");
  });
});

/** A seat's files, in the test. */
class Seat implements FilesApi {
  readonly files = new Map<string, string>([
    ["/root/notes.txt", "one\ntwo\n"],
    ["/root/dos.txt", "a\r\nb\r\n"],
    ["/root/mixed.txt", "a\r\nb\n"],
  ]);
  readonly folders = new Set(["/", "/root", "/root/src"]);
  refusal: ApiError | undefined;
  progress: ((share: number) => void) | undefined;
  held: Promise<void> | undefined;

  async list(path: string): Promise<Folder> {
    const where = path || "/root";
    if (!this.folders.has(where)) throw new ApiError(404, `there is no ${where}`);
    const entry = (path: string, kind: Entry["kind"], size_bytes = 0) => ({
      ...{ name: decoded(path.slice(path.lastIndexOf("/") + 1)), path, kind, size_bytes },
      modified_at: "2026-11-22T04:00:00Z",
      mode: "",
    });
    return {
      ...{ container: "work", containers: ["work"], name: where, path: where },
      entries: [
        ...[...this.files].filter(([path]) => parent(path) === where).map(([path]) => entry(path, "file", 8)),
        ...[...this.folders]
          .filter((path) => parent(path) === where && path !== where)
          .map((path) => entry(path, "folder")),
      ],
      ...{ is_complete: true, is_writable: true, max_upload_bytes: 100 },
    };
  }

  async open(path: string): Promise<TextFile> {
    const text = this.files.get(path) ?? "";
    return {
      ...{ name: path, path, kind: "text", text, version: `v${text}`, size_bytes: 0, modified_at: "" },
      is_writable: true,
    };
  }

  address(path: string): string {
    return `download?path=${path}`;
  }

  put(
    path: string,
    _: string,
    content: Blob | string,
    expected: Expected,
    onProgress?: (share: number) => void,
  ) {
    this.progress = onProgress;
    const write = async () => {
      await this.held;
      const text = typeof content === "string" ? content : await content.text();
      const there = this.files.get(path);
      if (this.refusal) throw this.refusal;
      if (expected !== "any" && (expected === "new") !== (there === undefined))
        throw new ApiError(409, "is there");
      if (expected !== "any" && expected !== "new" && expected !== `v${there}`)
        throw new ApiError(409, "changed");
      this.files.set(path, text);
      return `v${text}`;
    };
    return { done: write(), cancel: vi.fn() };
  }

  async makeFolder(path: string): Promise<void> {
    this.folders.add(path);
  }

  async move(path: string, to: string): Promise<void> {
    this.files.set(to, this.files.get(path) ?? "");
    this.files.delete(path);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
  }
}

let seat: Seat;
let announced: string[];
let view: FilesView;

beforeEach(async () => {
  localStorage.clear();
  // jsdom has no modal dialogs
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  announced = [];
  seat = new Seat();
  const place = page('<div data-files="/seat/files/"></div>');
  const config = { api: "", csrf: "", seat: "s", words: {} };
  view = new FilesView(place, config, speaker(), (text) => announced.push(text), seat);
  await view.shown();
});
afterEach(() => {
  view.close();
  document.body.innerHTML = "";
});

const names = () => [...document.querySelectorAll("tbody .name bdi")].map((name) => name.textContent);
const row = (path: string) => one(`tr[data-path="${path}"]`);
const field = () => one<HTMLTextAreaElement>(".editor textarea");
const press = (target: HTMLElement, key: string, more: KeyboardEventInit = {}) =>
  !target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
const labelled = (label: string, within = "body") =>
  [...document.querySelectorAll<HTMLButtonElement>(`${within} button`)].find(
    (each) => each.textContent === label,
  );
const leaving = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

/** What a dialog's button does, as the browser does it. */
async function answer(label: string, typed?: string): Promise<void> {
  await vi.waitFor(() => expect(document.querySelector("dialog")).not.toBeNull());
  const dialog = one<HTMLDialogElement>("dialog");
  if (typed !== undefined) one<HTMLInputElement>("dialog input").value = typed;
  const chosen = [...dialog.querySelectorAll("button")].find((each) => each.textContent === label);
  if (!chosen) throw new Error(`no answer ${label}`);
  dialog.returnValue = chosen.value;
  dialog.dispatchEvent(new Event("close"));
  await new Promise((resolve) => setTimeout(resolve, 5));
}

async function edit(path: string, text?: string): Promise<void> {
  row(path).querySelector<HTMLElement>(".name")?.click();
  await vi.waitFor(() => field());
  if (text === undefined) return;
  field().value = text;
  field().dispatchEvent(new Event("input"));
}

describe("a folder", () => {
  test("is listed, folders first", () => {
    expect(names()).toEqual(["src", "dos.txt", "mixed.txt", "notes.txt"]);
    expect(one("caption").textContent).toContain("4 entries");
  });

  test("is entered, left by its crumbs, and remembered", async () => {
    row("/root/src").querySelector<HTMLElement>(".name")?.click();
    await vi.waitFor(() => expect(names()).toEqual([]));
    expect(one(".files-note").textContent).toContain("empty");
    expect(localStorage.getItem("podlab.s.folder")).toBe("/root/src");
    labelled("root")?.click();
    await vi.waitFor(() => expect(names()).toHaveLength(4));
  });

  test("the tab key stops at one row, arrows go to the others", () => {
    const stops = () =>
      [...document.querySelectorAll('tbody [tabindex="0"]')].map((each) => each.closest("tr"));
    expect(new Set(stops())).toEqual(new Set([row("/root/src")]));
    view.focus();
    press(document.activeElement as HTMLElement, "ArrowDown");
    expect(document.activeElement?.closest("tr")).toBe(row("/root/dos.txt"));
    press(document.activeElement as HTMLElement, "End");
    expect(new Set(stops())).toEqual(new Set([row("/root/notes.txt")]));
    press(document.activeElement as HTMLElement, "ArrowDown");
    expect(document.activeElement?.closest("tr")).toBe(row("/root/notes.txt"));
  });

  test("a name becomes text, never markup", async () => {
    seat.files.set("/root/%3Cimg%20src%3Dx%3E", "");
    await view.refresh();
    expect(document.querySelector("tbody img")).toBeNull();
    expect(names()).toContain("<img src=x>");
  });

  test("files are renamed with F2 and deleted with Delete, when that is meant", async () => {
    press(row("/root/notes.txt").querySelector("button") as HTMLElement, "Escape");
    view.focus();
    row("/root/notes.txt").querySelector<HTMLElement>(".name")?.focus();
    press(document.activeElement as HTMLElement, "F2");
    await answer("Rename", "renamed");
    expect(seat.files.has("/root/renamed")).toBe(true);
    press(document.activeElement as HTMLElement, "Delete");
    await answer("Cancel");
    expect(seat.files.has("/root/renamed")).toBe(true);
    press(document.activeElement as HTMLElement, "Delete");
    await answer("Delete");
    expect(seat.files.has("/root/renamed")).toBe(false);
  });

  test("a folder that has gone since is another one's beginning", async () => {
    localStorage.setItem("podlab.s.folder", "/gone");
    const place = page('<div data-files=""></div>');
    const config = { api: "", csrf: "", seat: "s", words: {} };
    view.close();
    view = new FilesView(place, config, speaker(), (text) => announced.push(text), seat);
    await view.shown();
    expect(names()).toHaveLength(4);
    expect(announced).not.toContain("there is no /gone");
  });
});

describe("the editor", () => {
  test("saves with Ctrl-S, what it shows and nothing else", async () => {
    await edit("/root/dos.txt", "a\nc\n");
    expect(one(".editor-state").textContent).toBe("Unsaved changes");
    expect(press(field(), "s", { ctrlKey: true })).toBe(true);
    await vi.waitFor(() => expect(one(".editor-state").textContent).toBe("Saved"));
    expect(seat.files.get("/root/dos.txt")).toBe("a\r\nc\r\n");
  });

  test("leaves the tab key alone", async () => {
    await edit("/root/notes.txt");
    expect(press(field(), "Tab")).toBe(false);
  });

  test("what was typed is not lost without being asked about", async () => {
    await edit("/root/notes.txt", "mine");
    expect(leaving()).toBe(true);
    labelled("Close", ".editor")?.click();
    await answer("Back to editing");
    expect(field().value).toBe("mine");
    labelled("Close", ".editor")?.click();
    await answer("Save");
    await vi.waitFor(() => expect(document.querySelector(".editor")).toBeNull());
    expect(seat.files.get("/root/notes.txt")).toBe("mine");
    expect(leaving()).toBe(false);
    expect(document.activeElement?.closest("tr")).toBe(row("/root/notes.txt"));
  });

  test("what somebody else wrote meanwhile is kept, and what was typed as well", async () => {
    await edit("/root/notes.txt", "mine");
    seat.files.set("/root/notes.txt", "theirs");
    press(field(), "s", { metaKey: true });
    await answer("Save under another name");
    await answer("Save", "mine.txt");
    await vi.waitFor(() => expect(seat.files.get("/root/mine.txt")).toBe("mine"));
    expect(seat.files.get("/root/notes.txt")).toBe("theirs");
  });

  test("it can replace what is there, if that is meant", async () => {
    await edit("/root/notes.txt", "mine");
    seat.files.set("/root/notes.txt", "theirs");
    press(field(), "s", { ctrlKey: true });
    await answer("Back to editing");
    expect(seat.files.get("/root/notes.txt")).toBe("theirs");
    press(field(), "s", { ctrlKey: true });
    await answer("Replace what is there");
    await vi.waitFor(() => expect(seat.files.get("/root/notes.txt")).toBe("mine"));
  });

  test("a refusal is said, and changes nothing in the field", async () => {
    await edit("/root/notes.txt", "mine");
    seat.refusal = new ApiError(503, "no space left");
    press(field(), "s", { ctrlKey: true });
    await vi.waitFor(() => expect(announced).toContain("no space left"));
    expect([field().value, one(".editor-state").textContent]).toEqual(["mine", "Unsaved changes"]);
  });

  test("what is typed while it saves is not taken for saved", async () => {
    let release = () => {};
    seat.held = new Promise((resolve) => {
      release = resolve;
    });
    await edit("/root/notes.txt", "one");
    press(field(), "s", { ctrlKey: true });
    field().value = "one and more";
    release();
    await vi.waitFor(() => expect(seat.files.get("/root/notes.txt")).toBe("one"));
    await settled();
    expect(leaving()).toBe(true);
  });

  test("lines that end in different ways are only read", async () => {
    await edit("/root/mixed.txt");
    expect(field().readOnly).toBe(true);
    expect(one(".editor .files-note").textContent).toContain("read only");
  });

  test("a new file is made, and opened", async () => {
    labelled("New file")?.click();
    await answer("Create", "new.txt");
    await vi.waitFor(() => field());
    expect(seat.files.get("/root/new.txt")).toBe("");
    expect(document.activeElement).toBe(field());
  });
});

describe("uploads", () => {
  const drop = (...files: File[]) => {
    const items = files.map((file) => ({
      getAsFile: () => file,
      webkitGetAsEntry: () => ({ isDirectory: false }),
    }));
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(event, { dataTransfer: { types: ["Files"], items } });
    one("[data-files]").dispatchEvent(event);
  };

  test("files that are dropped arrive, and are in the list", async () => {
    drop(new File(["x"], "a"), new File(["y"], "b c"));
    await vi.waitFor(() =>
      expect([seat.files.get("/root/a"), seat.files.get("/root/b%20c")]).toEqual(["x", "y"]),
    );
    await vi.waitFor(() => expect(names()).toContain("b c"));
    expect(one(".uploads").hidden).toBe(true);
  });

  test("their progress is seen, and leaving is asked about meanwhile", async () => {
    let release = () => {};
    seat.held = new Promise((resolve) => {
      release = resolve;
    });
    drop(new File(["x"], "a"));
    seat.progress?.(0.5);
    expect(one<HTMLProgressElement>(".uploads progress").value).toBe(0.5);
    expect(leaving()).toBe(true);
    release();
    await vi.waitFor(() => expect(leaving()).toBe(false));
  });

  test("nothing is replaced unasked", async () => {
    drop(new File(["new"], "notes.txt"));
    await answer("Skip");
    expect(seat.files.get("/root/notes.txt")).toBe("one\ntwo\n");
    drop(new File(["new"], "notes.txt"));
    await answer("Replace what is there");
    await vi.waitFor(() => expect(seat.files.get("/root/notes.txt")).toBe("new"));
  });

  test("what is too large is said at once; what failed stays to be read", async () => {
    drop(new File(["x".repeat(101)], "large"));
    expect(announced.at(-1)).toContain("at most 100 B");
    seat.refusal = new ApiError(503, "no space left");
    drop(new File(["x"], "a"));
    await vi.waitFor(() => expect(one(".uploads .why").textContent).toBe("no space left"));
    one(".uploads button").click();
    expect(one(".uploads").hidden).toBe(true);
  });
});
