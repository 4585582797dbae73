/** Requests to the portal's JSON API, with the page's token; errors are told in the portal's own words. */

import type { Config } from "./config";

/** The server said no (`status`), or did not answer in time (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 60_000; // a check may run for that long

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** `body`: an object goes as JSON, a file as it is. `timeoutMs` is for what may take longer than a minute. */
export type Call = <T>(method: Method, path: string, body?: object | Blob, timeoutMs?: number) => Promise<T>;

export function caller(config: Config, fetcher: typeof fetch = (...request) => fetch(...request)): Call {
  return async <T>(
    method: Method,
    path: string,
    body?: object | Blob,
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> => {
    const headers: Record<string, string> = { accept: "application/json" };
    const request: RequestInit = { method, headers, credentials: "same-origin" };
    if (method !== "GET") {
      const isFile = body instanceof Blob;
      headers["content-type"] = isFile ? "application/octet-stream" : "application/json";
      headers["x-csrf-token"] = config.csrf;
      request.body = isFile ? body : JSON.stringify(body ?? {});
    }
    let answer: Response;
    try {
      answer = await fetcher(config.api + path, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw new ApiError(0, String(error));
    }
    if (!answer.ok) throw new ApiError(answer.status, await reason(answer));
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  };
}

/** The portal's errors are `{"error": "what failed, on what, what to do"}`. */
async function reason(answer: Response): Promise<string> {
  try {
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === "string" ? error : answer.statusText;
  } catch {
    return answer.statusText;
  }
}
