"use client";

import { useEffect, useRef } from "react";
import { stop } from "./answering";
import { COMPOSER_ID, focusComposer } from "./composer-text";
import { SEARCH_ID } from "./sidebar";
import { open, useChat } from "./store";

const KEYS = [
  ["Enter", "Send"],
  ["Shift + Enter", "New line"],
  ["Esc", "Stop the answer"],
  ["/", "To the composer"],
  ["Ctrl + K", "Search the sessions"],
  ["Ctrl + Shift + O", "New chat"],
  ["Ctrl + /", "This list"],
] as const;

interface Actions {
  showHelp: () => void;
  showSessions: () => void;
}

/** Listens for the keys above, on the whole page. On a Mac, Command does what Ctrl does. */
export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && act(event, latest.current)) event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function act(event: KeyboardEvent, { showHelp, showSessions }: Actions): boolean {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && event.shiftKey && key === "o") {
    void open(null);
    focusComposer();
  } else if (command && key === "k") {
    showSessions();
    document.getElementById(SEARCH_ID)?.focus();
  } else if (command && key === "/") {
    showHelp();
  } else if (key === "/" && !command && !isTyping(event.target)) {
    focusComposer();
  } else {
    if (key === "escape" && !isMeantForSomethingElse(event)) stopCurrent();
    return false;
  }
  return true;
}

function stopCurrent(): void {
  const { currentId, sessions } = useChat.getState();
  const head = sessions[currentId ?? ""]?.head;
  if (head) stop(head);
}

/** Whether Escape closes a dialog, clears a field or cancels an input method rather than stops the answer. */
function isMeantForSomethingElse(event: KeyboardEvent): boolean {
  if (event.isComposing || document.querySelector("dialog[open]")) return true;
  return isTyping(event.target) && (event.target as HTMLElement).id !== COMPOSER_ID;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, [contenteditable]");
}

export function ShortcutsDialog({ open: shown, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="shortcuts"
      className="w-96 max-w-[calc(100vw-2rem)] rounded-3xl border border-line-strong bg-raised p-6 backdrop:bg-black/60"
      onClose={onClose}
    >
      <h2 id="shortcuts" className="font-semibold text-xl">
        Keyboard
      </h2>
      <dl className="mt-4 space-y-2.5">
        {KEYS.map(([keys, what]) => (
          <div key={keys} className="flex justify-between gap-4">
            <dt className="text-muted">{what}</dt>
            <dd>
              <kbd className="rounded-md border border-line-strong bg-well px-2 py-0.5 font-code text-sm">
                {keys}
              </kbd>
            </dd>
          </div>
        ))}
      </dl>
      <form method="dialog" className="mt-6 text-right">
        <button type="submit" className="btn btn-quiet">
          Close
        </button>
      </form>
    </dialog>
  );
}
