/** What this browser remembers of a page; a browser that refuses storage remembers nothing, and that is all. */

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`podlab.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`podlab.${key}`, value);
  } catch {
    // a private window, or storage that is full
  }
}
