"use client";

import { Plus, Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { byAge } from "./ages";
import { focusComposer } from "./composer-text";
import { SessionRow } from "./session-row";
import { byRecency, open, useChat } from "./store";
import { Transfer } from "./transfer";
import { useSearch } from "./use-search";

export const SEARCH_ID = "session-search";

/** All sessions. On narrow screens it is a drawer over the conversation. */
export function Sidebar({ open: shown, onClose }: { open: boolean; onClose: () => void }) {
  const sessions = useChat((state) => state.sessions);
  const currentId = useChat((state) => state.currentId);
  const [query, setQuery] = useState("");
  const found = useSearch(byRecency(sessions), query);
  const panel = useDrawer(shown, onClose);
  const choose = (sessionId: string | null) => {
    void open(sessionId);
    onClose();
    focusComposer();
  };
  return (
    <>
      {shown && <div aria-hidden className="fixed inset-0 z-40 bg-black/50 lg:hidden" onClick={onClose} />}
      <aside
        ref={panel}
        aria-label="Sessions"
        className={`flex w-72 shrink-0 flex-col border-line border-r bg-ink max-lg:fixed max-lg:inset-y-0 max-lg:left-0 max-lg:z-50 max-lg:bg-raised ${shown ? "" : "max-lg:hidden"}`}
      >
        <div className="flex items-center gap-2 p-3">
          <button type="button" className="btn btn-primary flex-1" onClick={() => choose(null)}>
            <Plus size={18} aria-hidden /> New chat
          </button>
          <button
            type="button"
            className="icon-btn lg:hidden"
            aria-label="Close the sessions"
            onClick={onClose}
          >
            <X size={19} aria-hidden />
          </button>
        </div>
        <div className="relative px-3">
          <Search size={16} aria-hidden className="absolute top-3.5 left-6 text-muted" />
          <input
            id={SEARCH_ID}
            type="search"
            aria-label="Search the sessions"
            placeholder="Search"
            className="field pl-9"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
        <nav aria-label="Sessions" className="mt-3 flex-1 overflow-y-auto px-2">
          {byAge(found, new Date()).map(({ age, sessions }) => (
            <section key={age} aria-label={age} className="mb-4">
              <h2 className="px-3 py-1.5 font-medium text-muted text-xs">{age}</h2>
              <ul className="space-y-0.5">
                {sessions.map((session) => (
                  <SessionRow
                    key={session.id}
                    session={session}
                    current={session.id === currentId}
                    onOpen={() => choose(session.id)}
                  />
                ))}
              </ul>
            </section>
          ))}
          {!found.length && (
            <p className="px-3 py-6 text-center text-muted text-sm">
              {query ? "Nothing says that." : "Your chats stay in this browser and appear here."}
            </p>
          )}
        </nav>
        <Transfer />
      </aside>
    </>
  );
}

/** While it is a drawer, Escape closes it, and it takes the focus and gives it back. */
function useDrawer(shown: boolean, onClose: () => void) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!shown) return;
    const before = document.activeElement as HTMLElement | null;
    document.getElementById(SEARCH_ID)?.focus();
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (document.querySelector("dialog[open]")) return; // it is on top, and closes first
      event.preventDefault(); // on the page, Escape would also stop an answer
      onClose();
    };
    // On the document, so that it runs before the page's shortcuts, which listen on the window.
    document.addEventListener("keydown", pressed);
    return () => {
      document.removeEventListener("keydown", pressed);
      if (panel.current?.contains(document.activeElement)) before?.focus();
    };
  }, [shown, onClose]);
  return panel;
}
