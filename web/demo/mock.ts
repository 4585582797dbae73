/** A portal and a shell in the page itself, so that the page can be looked at without either. For development only. */

import { files, MockRequest } from "./files";

const text = new TextEncoder();
const frame = (type: string, payload: string | Uint8Array) => {
  const data = typeof payload === "string" ? text.encode(payload) : payload;
  const made = new Uint8Array(data.length + 1);
  made[0] = type.charCodeAt(0);
  made.set(data, 1);
  return made.buffer;
};

const PROMPT = "\x1b[32mwork\x1b[0m:\x1b[34m~\x1b[0m$ ";
const ANSWERS: Record<string, string> = {
  "docker pull alpine":
    "Using default tag: latest\r\nlatest: Pulling from library/alpine\r\n\x1b[36m2d35ebdb57d9\x1b[0m: Pull complete\r\nDigest: sha256:4b7ce07002c6\r\nStatus: \x1b[32mDownloaded newer image for alpine:latest\x1b[0m\r\n",
  "docker push localhost:5000/alpine":
    "The push refers to repository [localhost:5000/alpine]\r\n\x1b[36m256f393e029f\x1b[0m: Pushed\r\nlatest: digest: sha256:4b7ce07002c6 size: 527\r\n",
  colours: `${[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `\x1b[3${n}m colour ${n} \x1b[9${n}m bright \x1b[0m`).join("\r\n")}\r\n`,
  wide: "漢字かな交じり文 🙂👩‍👩‍👧‍👦🇩🇪 |\r\né (combining) |\r\n",
};

class MockSocket {
  binaryType = "arraybuffer";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  #line = "";

  constructor(readonly url: string) {
    sockets.push(this);
    setTimeout(() => {
      this.onopen?.();
      this.#say(
        "s",
        JSON.stringify({ title: "work", viewers: 1, access: "rw", exit: null, cols: 80, rows: 24 }),
      );
      this.#say("m", Uint8Array.of(1));
      this.#say("o", `Linux demo · \x1b[4mhttps://podlab.example/help\x1b[0m\r\n${PROMPT}`);
      this.#say("m", Uint8Array.of(0));
    }, 50);
  }

  send(data: Uint8Array): void {
    if (data[0] !== "i".charCodeAt(0)) return;
    for (const letter of new TextDecoder().decode(data.subarray(1))) this.#typed(letter);
  }

  close(): void {}

  #typed(letter: string): void {
    if (letter === "\r") {
      const line = this.#line.trim();
      const answer =
        ANSWERS[line] ?? (line.startsWith("docker tag") || line === "" ? "" : `${line}: done\r\n`);
      this.#say("o", `\r\n${answer}${PROMPT}`);
      this.#line = "";
      if (line.startsWith("docker push")) pushed = true;
    } else if (letter === "\x7f") {
      if (this.#line !== "") this.#say("o", "\b \b");
      this.#line = this.#line.slice(0, -1);
    } else if (letter >= " ") {
      this.#line += letter;
      this.#say("o", letter);
    }
  }

  #say(type: string, payload: string | Uint8Array): void {
    this.onmessage?.({ data: frame(type, payload) });
  }
}

const sockets: MockSocket[] = [];
let pushed = false;
const attempts: Record<string, number> = {};

async function portal(address: string, body: Record<string, unknown>): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 60));
  if (address.startsWith("files/")) return files(address);
  const path = address.replace(/^.*api\//, "");
  if (path === "progress") {
    return { done: pushed ? ["registry"] : [], unlocked: [], checks: {}, quizzes: {} };
  }
  if (path.startsWith("checks/")) {
    return pushed
      ? { status: "passed", output: "" }
      : { status: "failed", output: "curl: (22) The requested URL returned error: 404\nPush it first" };
  }
  if (path.startsWith("quizzes/")) {
    attempts[path] = (attempts[path] ?? 0) + 1;
    const chosen = (body.choices as string[]).length;
    return {
      result: chosen === 2 ? "right" : "partly",
      attempts: attempts[path],
      attempts_left: null,
      explanation:
        chosen === 2
          ? "<p>Network and IPC belong to the <b>infra container</b>; mounts stay each container's own.</p>"
          : "",
    };
  }
  return {};
}

Object.assign(window, {
  WebSocket: MockSocket,
  XMLHttpRequest: MockRequest,
  EventSource: class extends EventTarget {
    close(): void {}
  },
  fetch: async (address: string, init: RequestInit = {}) =>
    new Response(JSON.stringify(await portal(address, init.body ? JSON.parse(String(init.body)) : {}))),
  /** Drops all connections, as a closed laptop does. */
  drop: () => sockets.forEach((socket) => void socket.onclose?.({ code: 1006 })),
});
