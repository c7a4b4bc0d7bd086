"use client";

import { Check, Pencil, Trash2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { remove, rename } from "./store";
import type { Session } from "./types";

type Mode = "plain" | "renaming" | "deleting";

/** One session: opens on a click, and can be renamed and deleted where it stands. */
export function SessionRow({
  session,
  current,
  onOpen,
}: {
  session: Session;
  current: boolean;
  onOpen: () => void;
}) {
  const [mode, setMode] = useState<Mode>("plain");
  const back = () => setMode("plain");
  if (mode === "renaming") return <Renaming session={session} onEnd={back} />;
  if (mode === "deleting") {
    return (
      <li className="flex items-center gap-1 rounded-xl border border-rose/50 py-0.5 pr-1 pl-3">
        <span className="min-w-0 flex-1 truncate text-sm">Delete for good?</span>
        <Small label={`Delete ${session.title}`} onClick={() => void remove(session.id)} focus>
          <Check size={16} aria-hidden className="text-rose" />
        </Small>
        <Small label="Keep it" onClick={back}>
          <X size={16} aria-hidden />
        </Small>
      </li>
    );
  }
  return (
    <li
      className={`group relative flex items-center rounded-xl pr-1 ${current ? "bg-well" : "hover:bg-well"}`}
    >
      <button
        type="button"
        aria-current={current || undefined}
        className="min-h-11 min-w-0 flex-1 truncate px-3 text-left"
        onClick={onOpen}
      >
        {session.title}
      </button>
      <span className="absolute right-1 flex rounded-xl bg-raised opacity-0 focus-within:opacity-100 group-hover:opacity-100 [@media(hover:none)]:static [@media(hover:none)]:bg-transparent [@media(hover:none)]:opacity-100">
        <Small label={`Rename ${session.title}`} onClick={() => setMode("renaming")}>
          <Pencil size={15} aria-hidden />
        </Small>
        <Small label={`Delete ${session.title}`} onClick={() => setMode("deleting")}>
          <Trash2 size={15} aria-hidden />
        </Small>
      </span>
    </li>
  );
}

function Renaming({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const [title, setTitle] = useState(session.title);
  const keep = () => {
    void rename(session.id, title);
    onEnd();
  };
  return (
    <li>
      <input
        aria-label="Name of the session"
        autoFocus
        className="field"
        value={title}
        maxLength={120}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") keep();
          if (event.key === "Escape" && !event.nativeEvent.isComposing) {
            event.preventDefault(); // on the page, Escape would also stop an answer
            onEnd();
          }
        }}
      />
    </li>
  );
}

function Small({
  label,
  onClick,
  focus = false,
  children,
}: {
  label: string;
  onClick: () => void;
  focus?: boolean;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className="icon-btn"
      aria-label={label}
      title={label}
      autoFocus={focus}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
