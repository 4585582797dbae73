/** What the portal tells the page's scripts: `<script type="application/json" id="podlab">`, see web/README.md. */

export interface Config {
  /** Where the seat's API begins, with a slash at its end. */
  readonly api: string;
  /** Sent with every request that changes something. */
  readonly csrf: string;
  /** Names the workshop and seat: what is remembered in the browser is remembered for it. */
  readonly seat: string;
  readonly words: Partial<Record<string, string>>;
}

const NOTHING: Config = { api: "", csrf: "", seat: "", words: {} };

/** The page's configuration; a page without one gets an empty one and stays plain. */
export function config(page: Document = document): Config {
  const text = page.getElementById("podlab")?.textContent;
  if (!text) return NOTHING;
  const found: unknown = JSON.parse(text);
  return typeof found === "object" && found !== null ? { ...NOTHING, ...found } : NOTHING;
}
