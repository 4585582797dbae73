/**
 * A code or password in the link's fragment, `https://lab.example/#K7QM-2XRT`: browsers send no fragment to any server, so
 * none can log it. It is put into the field `[data-from-fragment]` and taken out of the address at once.
 */

export function prefill(page: Document = document): void {
  const field = page.querySelector<HTMLInputElement>("input[data-from-fragment]");
  const hash = page.location.hash.slice(1);
  if (!field || hash === "") return;
  page.defaultView?.history.replaceState(null, "", page.location.pathname + page.location.search);
  try {
    field.value = decodeURIComponent(hash);
  } catch {
    return; // no code of ours
  }
  field.form?.querySelector<HTMLButtonElement>('button[type="submit"]')?.focus();
}
