// Light or dark: as the system says, until somebody chooses; the choice is kept in this browser.

const KEY = "plenary.theme";
type Theme = "light" | "dark";

const dark = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");

class ThemeChoice {
  chosen: Theme | null = $state(null);
  system: Theme = $state(dark?.matches ? "dark" : "light");

  get current(): Theme {
    return this.chosen ?? this.system;
  }

  /** Chooses the other one. */
  toggle(): void {
    this.chosen = this.current === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, this.chosen);
    apply(this.chosen);
  }
}

function apply(theme: Theme | null): void {
  if (theme) document.documentElement.dataset.theme = theme;
}

export const theme = new ThemeChoice();

/** Puts the kept choice in force. */
export function startTheme(): void {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") theme.chosen = kept;
  apply(theme.chosen);
  dark?.addEventListener("change", (event) => (theme.system = event.matches ? "dark" : "light"));
}
