/** The files of the seat, as web/README.md defines them. */

import type { Config } from "../config";
import { ApiError, caller } from "../request";

export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size_bytes: number;
  readonly modified_at: string;
  readonly mode: string;
}

export interface Folder {
  readonly container: string;
  readonly containers: readonly string[];
  readonly name: string;
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly is_complete: boolean;
  readonly is_writable: boolean;
  readonly max_upload_bytes: number;
}

export interface TextFile {
  readonly name: string;
  readonly path: string;
  readonly kind: "text" | "binary" | "large" | "folder" | "other";
  readonly text: string;
  readonly version: string;
  readonly size_bytes: number;
  readonly modified_at: string;
  readonly is_writable: boolean;
}

/** What must be at a path: nothing, anything, or the version that was read. */
export type Expected = "new" | "any" | (string & {});

export interface Upload {
  readonly done: Promise<string>;
  cancel(): void;
}

export interface FilesApi {
  list(path: string, container: string): Promise<Folder>;
  open(path: string, container: string): Promise<TextFile>;
  /** Where the browser gets it to save. */
  address(path: string, container: string): string;
  /** Gives the new version. `onProgress` gets a share from 0 to 1. */
  put(
    path: string,
    container: string,
    content: Blob | string,
    expected: Expected,
    onProgress?: (share: number) => void,
  ): Upload;
  makeFolder(path: string, container: string): Promise<void>;
  move(path: string, to: string, container: string): Promise<void>;
  remove(path: string, container: string): Promise<void>;
}

export function filesApi(config: Config, base: string, fetcher?: typeof fetch): FilesApi {
  const call = fetcher ? caller({ ...config, api: base }, fetcher) : caller({ ...config, api: base });
  const query = (path: string, container: string, more: Record<string, string> = {}) =>
    new URLSearchParams({ path, container, ...more }).toString();
  return {
    list: (path, container) => call("GET", `list?${query(path, container)}`),
    open: (path, container) => call("GET", `text?${query(path, container)}`),
    address: (path, container) => `${base}download?${query(path, container)}`,
    put: (path, container, content, expected, onProgress = () => {}) =>
      put(`${base}content?${query(path, container, { expected })}`, config.csrf, content, onProgress),
    makeFolder: (path, container) => call("POST", "folder", { path, container }),
    move: (path, to, container) => call("POST", "move", { path, to, container }),
    remove: (path, container) => call("POST", "remove", { path, container, whole: true }),
  };
}

/** By XMLHttpRequest: `fetch` does not tell how much has gone. */
function put(
  address: string,
  csrf: string,
  content: Blob | string,
  onProgress: (share: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<string>((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const answer = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(String(answer.version ?? ""));
      else reject(new ApiError(request.status, String(answer.error ?? request.statusText)));
    });
    for (const end of ["error", "abort", "timeout"]) {
      request.addEventListener(end, () => reject(new ApiError(0, end)));
    }
  });
  request.open("PUT", address);
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("content-type", "application/octet-stream");
  request.setRequestHeader("x-csrf-token", csrf);
  request.send(content);
  return { done, cancel: () => request.abort() };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
