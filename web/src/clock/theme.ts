/**
 * Light, dark or high contrast: `<select data-theme-choice>`. The choice is a cookie, not storage, so that the portal
 * renders the next page right from its first byte. No choice (`auto`): no attribute, and the system's wish holds.
 */

const THEMES = ["auto", "light", "dark", "contrast"] as const;
export type Theme = (typeof THEMES)[number];

const YEAR_S = 31_536_000;

export function chosen(page: Document = document): Theme {
  const value = /(?:^|;\s*)podlab-theme=(\w+)/.exec(page.cookie)?.[1];
  return THEMES.find((theme) => theme === value) ?? "auto";
}

export function show(theme: Theme, page: Document = document): void {
  if (theme === "auto") page.documentElement.removeAttribute("data-theme");
  else page.documentElement.dataset.theme = theme;
  page.dispatchEvent(new CustomEvent("podlab:theme"));
}

export function themeChoice(page: Document = document): void {
  const choice = page.querySelector<HTMLSelectElement>("select[data-theme-choice]");
  const now = chosen(page);
  if (now !== "auto") show(now, page);
  if (!choice) return;
  choice.value = now;
  choice.hidden = false;
  choice.addEventListener("change", () => {
    const theme = THEMES.find((each) => each === choice.value) ?? "auto";
    const secure = page.location.protocol === "https:" ? "; Secure" : "";
    page.cookie = `podlab-theme=${theme}; path=/; max-age=${YEAR_S}; SameSite=Lax${secure}`;
    show(theme, page);
  });
}
