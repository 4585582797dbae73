/** A text on its way through a textarea, which knows line feeds only. Pure. */

export interface Lines {
  /** As the textarea gets it. */
  readonly text: string;
  /** What ended its lines; `mixed` could not be given back as it was. */
  readonly ends: "\n" | "\r\n" | "mixed";
}

export function lines(content: string): Lines {
  const text = content.replaceAll("\r\n", "\n");
  if (text.includes("\r")) return { text: content, ends: "mixed" };
  const pairs = content.length - text.length;
  if (pairs === 0) return { text, ends: "\n" };
  return { text, ends: pairs === text.split("\n").length - 1 ? "\r\n" : "mixed" };
}

export function joined(text: string, ends: string): string {
  return ends === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
}

/** Bytes in words: `1.4 MB`. */
export function size(bytes: number, language?: string): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < 4) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${number} ${["B", "kB", "MB", "GB", "TB"][unit]}`;
}
