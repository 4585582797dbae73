/** Paths as the portal says them: absolute and percent-encoded, so that a name may have any bytes. Pure. */

const LENIENT = new TextDecoder();

/** The folders above a path and itself, the root first. */
export function crumbs(path: string): { name: string; path: string }[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [
    { name: "/", path: "/" },
    ...parts.map((part, index) => ({ name: decoded(part), path: `/${parts.slice(0, index + 1).join("/")}` })),
  ];
}

export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** The path of a name that somebody typed, in a folder. */
export function child(folder: string, name: string): string {
  return `${folder === "/" ? "" : folder}/${encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\ufffd"))}`;
}

/** Whether a name can be one: the portal refuses others as well, but says so later. */
export function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** For people: what is no UTF-8 becomes �, control characters become their pictures. */
export function decoded(part: string): string {
  const bytes = [...part.matchAll(/%([0-9A-Fa-f]{2})|[^%]+/g)].flatMap(([text, hex]) =>
    hex ? [Number.parseInt(hex, 16)] : [...new TextEncoder().encode(text)],
  );
  return LENIENT.decode(Uint8Array.from(bytes)).replace(/\p{Cc}/gu, (control) =>
    String.fromCharCode(
      control === "\x7f" ? 0x2421 : control < " " ? 0x2400 + control.charCodeAt(0) : 0xfffd,
    ),
  );
}
