"use client";

import { Moon, Sun } from "lucide-react";
import { THEME_KEY } from "./theme-script";
import { useLive } from "./use-live";

/** Turns to the other theme and remembers it. Both icons are there; the style sheet shows one. */
export function ThemeToggle() {
  return (
    <button
      type="button"
      className="icon-btn"
      aria-label="Switch between light and dark"
      disabled={!useLive()}
      onClick={toggle}
    >
      <Sun size={18} aria-hidden className="theme-dark-only" />
      <Moon size={18} aria-hidden className="theme-light-only" />
    </button>
  );
}

function toggle() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(THEME_KEY, next);
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
