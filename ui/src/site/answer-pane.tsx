"use client";

import type { LiveAnswer } from "@/gateway/use-live-answer";
import { Markdown } from "@/markdown/markdown";

/** A live answer with its times. */
export function AnswerPane({ answer, label }: { answer: LiveAnswer; label: string }) {
  return (
    <div
      role="log"
      aria-label={label}
      aria-busy={answer.state === "streaming"}
      className="min-w-0"
      data-testid="live-answer"
      data-state={answer.state}
    >
      {answer.state !== "none" && (
        <div className="mt-5 border-line border-t pt-4">
          {answer.text && <Markdown text={answer.text} streaming={answer.state === "streaming"} />}
          {answer.state === "streaming" && !answer.text && (
            <p className="text-muted">Waiting for the first word</p>
          )}
          {answer.problem && <p className="text-rose [overflow-wrap:anywhere]">{answer.problem}</p>}
          {answer.state === "stopped" && <p className="text-muted">Stopped.</p>}
          <p className="mt-3 font-code text-muted text-xs empty:hidden">{times(answer)}</p>
        </div>
      )}
    </div>
  );
}

function times({ firstMs, totalMs }: LiveAnswer): string {
  return [
    firstMs !== undefined && `${Math.round(firstMs)} ms to first word`,
    totalMs !== undefined && `${Math.round(totalMs)} ms in all`,
  ]
    .filter(Boolean)
    .join(" · ");
}
