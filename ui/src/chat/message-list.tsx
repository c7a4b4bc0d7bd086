"use client";

import { ArrowDown } from "lucide-react";
import { useMemo } from "react";
import { AssistantMessage } from "./assistant-message";
import { useChat } from "./store";
import { pathTo } from "./tree";
import { useEarlier } from "./use-earlier";
import { useStickToEnd } from "./use-stick-to-end";
import { UserMessage } from "./user-message";

/** The branch in view. It opens with its last messages; earlier ones come as one scrolls up to them. */
export function MessageList({ sessionId }: { sessionId: string }) {
  const path = usePath(sessionId);
  const { viewport, content, away, toEnd } = useStickToEnd();
  const { shown, sentinel } = useEarlier(path, viewport);
  const answering = useChat(
    (state) => state.messages[sessionId]?.[path.at(-1) ?? ""]?.answer?.status === "streaming",
  );
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={viewport} tabIndex={0} className="h-full overflow-y-auto" data-testid="messages">
        <div
          ref={content}
          role="log"
          aria-label="Conversation"
          aria-busy={answering}
          className="mx-auto max-w-3xl px-4 pt-4 pb-10 sm:px-6"
        >
          {shown.length < path.length && <div ref={sentinel} className="h-px" data-testid="earlier" />}
          {shown.map((id) => (
            <MessageAt key={id} sessionId={sessionId} id={id} />
          ))}
        </div>
      </div>
      {away && (
        <button
          type="button"
          className="absolute bottom-3 left-1/2 grid size-10 -translate-x-1/2 place-items-center rounded-full border border-line-strong bg-raised shadow-lg"
          aria-label="Jump to the latest message"
          onClick={toEnd}
        >
          <ArrowDown size={18} aria-hidden />
        </button>
      )}
    </div>
  );
}

function MessageAt({ sessionId, id }: { sessionId: string; id: string }) {
  const message = useChat((state) => state.messages[sessionId]?.[id]);
  if (!message) return null;
  return message.role === "user" ? <UserMessage message={message} /> : <AssistantMessage message={message} />;
}

/** The ids of the branch in view; the same array for as long as it holds the same ids. */
function usePath(sessionId: string): string[] {
  const joined = useChat((state) =>
    pathTo(state.messages[sessionId] ?? {}, state.sessions[sessionId]?.head ?? null).join(" "),
  );
  return useMemo(() => (joined ? joined.split(" ") : []), [joined]);
}
