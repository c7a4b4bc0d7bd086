import { create } from "zustand";

/** The id of the composer's text area. */
export const COMPOSER_ID = "composer";

/** What stands in the composer; kept apart because every key changes it. */
export const useComposer = create<{ text: string; focusAsked: number }>(() => ({ text: "", focusAsked: 0 }));

/** Puts a text into the composer and the cursor behind it. */
export function prefill(text: string): void {
  useComposer.setState((state) => ({ text, focusAsked: state.focusAsked + 1 }));
}

export function focusComposer(): void {
  useComposer.setState((state) => ({ focusAsked: state.focusAsked + 1 }));
}
