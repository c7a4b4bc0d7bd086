"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { showBranch, useChat } from "./store";
import { siblingsOf } from "./tree";
import type { Message } from "./types";

/** Turns between the branches at a message, where there are several. */
export function BranchSwitch({ message }: { message: Message }) {
  const ids = useChat((state) =>
    siblingsOf(state.messages[message.sessionId] ?? {}, message).join(" "),
  ).split(" ");
  if (ids.length < 2) return null;
  const at = ids.indexOf(message.id);
  const turn = (to: number) => {
    const other = useChat.getState().messages[message.sessionId]?.[ids[to] ?? ""];
    if (other) void showBranch(other);
  };
  return (
    <div className="flex items-center text-muted text-sm">
      <button
        type="button"
        className="icon-btn"
        aria-label="Earlier branch"
        disabled={at === 0}
        onClick={() => turn(at - 1)}
      >
        <ChevronLeft size={16} aria-hidden />
      </button>
      <span aria-label={`Branch ${at + 1} of ${ids.length}`} role="img" className="font-code tabular-nums">
        {at + 1}/{ids.length}
      </span>
      <button
        type="button"
        className="icon-btn"
        aria-label="Later branch"
        disabled={at === ids.length - 1}
        onClick={() => turn(at + 1)}
      >
        <ChevronRight size={16} aria-hidden />
      </button>
    </div>
  );
}
