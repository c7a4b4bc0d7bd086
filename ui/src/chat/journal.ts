import type { Message } from "./types";

const KEY = "janus.journal";

/**
 * Keeps answers that are under way when the page goes: a page that closes may not wait for IndexedDB, but
 * what it writes here is written before it is gone.
 */
export function keepOnPageHide(underWay: () => Message[]): void {
  addEventListener("pagehide", () => {
    const messages = underWay();
    if (messages.length) localStorage.setItem(KEY, JSON.stringify(messages));
  });
}

/** Whether the page is being left, which cuts off its streams before it is gone. */
export function isLeaving(): boolean {
  return performance.now() - leftAt < LEAVING_MS;
}

const LEAVING_MS = 5_000; // a link that only downloads announces a departure too, and nobody leaves
let leftAt = Number.NEGATIVE_INFINITY;

export function noteDepartures(): void {
  addEventListener("beforeunload", () => {
    leftAt = performance.now();
  });
}

/** What the last page kept, once. */
export function takeKept(): Message[] {
  const kept = localStorage.getItem(KEY);
  localStorage.removeItem(KEY);
  if (!kept) return [];
  try {
    return JSON.parse(kept) as Message[];
  } catch {
    return [];
  }
}
