/** The files of a seat, for the demo. */

const TEXTS: Record<string, string> = {
  "/root/Dockerfile":
    'FROM alpine\nRUN apk add --no-cache curl\nCOPY hello.sh /usr/local/bin/hello\nCMD ["hello"]\n',
  "/root/hello.sh": '#!/bin/sh\n# Says hello, whoever asks.\necho "hello, $(whoami)"\n',
  "/root/notes%20%C3%BC.md": "# Notes\n",
  "/root/a%0Ab%FF.txt": "an odd name\n",
};
const FOLDERS = ["/root", "/root/compose", "/root/.docker"];

const entry = (path: string, kind: string, size: number) => ({
  name: path
    .slice(path.lastIndexOf("/") + 1)
    .replace("%20", " ")
    .replace("%C3%BC", "ü")
    .replace("%0A", "␊")
    .replace("%FF", "�"),
  ...{ path, kind, size_bytes: size, modified_at: "2026-01-01T10:02:00Z", mode: "-rw-r--r--" },
});

/** What `files/…` answers. */
export function files(address: string): unknown {
  const { pathname, searchParams } = new URL(address, "http://demo/");
  const path = searchParams.get("path") || "/root";
  if (pathname.endsWith("/text")) {
    const text = TEXTS[path] ?? "";
    return { ...entry(path, "text", text.length), text, version: "1", is_writable: true };
  }
  return {
    ...{ container: "work", containers: ["work", "dind"], name: "root", path, max_upload_bytes: 1e8 },
    entries:
      path === "/root"
        ? [
            ...FOLDERS.slice(1).map((folder) => entry(folder, "folder", 4096)),
            ...Object.entries(TEXTS).map(([file, text]) => entry(file, "file", text.length)),
            entry("/root/image.tar", "file", 7_340_032),
            entry("/root/latest", "link", 9),
          ]
        : [],
    ...{ is_complete: true, is_writable: true },
  };
}

/** Uploads that are half-way, for ever; saving finds that somebody else was faster. */
export class MockRequest extends EventTarget {
  readonly upload = new EventTarget();
  readonly status = 409;
  readonly responseText =
    '{"error": "/root/hello.sh was changed by somebody else since it was opened; it was not saved; save under another name, or replace what is there now"}';

  open(): void {}
  setRequestHeader(): void {}
  abort(): void {
    this.dispatchEvent(new Event("abort"));
  }

  send(content: unknown): void {
    if (typeof content === "string") setTimeout(() => this.dispatchEvent(new Event("load")), 50);
    else {
      const half = { lengthComputable: true, loaded: 3, total: 7 };
      setTimeout(() => this.upload.dispatchEvent(Object.assign(new Event("progress"), half)), 50);
    }
  }
}
