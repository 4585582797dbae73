/**
 * xterm.js puts its colours and sizes into `<style>` elements. A Content-Security-Policy without `unsafe-inline` allows
 * those that carry the page's nonce, `<meta property="csp-nonce" nonce="…">`: so they get it.
 */
export function withNonce(page: Document, act: () => void): void {
  const nonce = page.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce;
  if (!nonce) return act();
  const create = page.createElement;
  page.createElement = function (this: Document, tag: string, options?: ElementCreationOptions) {
    const made: HTMLElement = create.call(this, tag, options);
    if (tag === "style") made.nonce = nonce;
    return made;
  } as typeof page.createElement;
  try {
    act();
  } finally {
    page.createElement = create;
  }
}
