import { CircleSlash, RotateCcw, TriangleAlert } from "lucide-react";
import { BROKEN_OFF, UNREACHABLE } from "@/gateway/errors";
import type { Answer, Failure } from "./types";

/** What to know of an answer that did not end well. */
export function EndingNote({ answer, onRetry }: { answer: Answer; onRetry: () => void }) {
  if (answer.status === "failed" && answer.error) return <ErrorCard error={answer.error} onRetry={onRetry} />;
  const note = noteOf(answer);
  if (!note) return null;
  return (
    <p className="mt-3 flex items-center gap-2 text-muted text-sm">
      <CircleSlash size={15} aria-hidden className="shrink-0" /> {note}
    </p>
  );
}

function noteOf(answer: Answer): string {
  if (answer.status === "stopped") return "You stopped this answer.";
  if (answer.status === "interrupted")
    return "The page was closed during this answer. What had arrived is here.";
  if (answer.finishReason === "length") return "The answer reached its length limit.";
  if (answer.finishReason === "content_filter") return "A content filter ended this answer.";
  return "";
}

function ErrorCard({ error, onRetry }: { error: Failure; onRetry: () => void }) {
  return (
    <div role="alert" className="mt-3 rounded-2xl border border-rose/50 p-4" data-testid="error-card">
      <p className="flex items-center gap-2 font-semibold text-rose">
        <TriangleAlert size={18} aria-hidden className="shrink-0" /> {titleOf(error)}
      </p>
      <p className="mt-1 [overflow-wrap:anywhere]">{error.message}</p>
      <p className="mt-1 font-code text-muted text-xs [overflow-wrap:anywhere]">
        {[error.status, error.code, error.requestId].filter(Boolean).join(" · ")}
      </p>
      <button type="button" className="btn btn-quiet mt-3" onClick={onRetry}>
        <RotateCcw size={16} aria-hidden /> Try again
        {error.retryAfter ? ` (best after ${error.retryAfter} s)` : ""}
      </button>
    </div>
  );
}

function titleOf({ status, code }: Failure): string {
  if (code === UNREACHABLE) return "Nobody answers at the gateway";
  if (code === BROKEN_OFF) return "The stream broke off";
  if (code === "model_not_found") return "No competitor goes by that name";
  if (status === 401 || status === 403) return "The gateway wants a key";
  if (status === 413) return "The question is too large";
  if (status === 429) return "Too much at once";
  if (status === 504) return "The competitor took too long";
  if (status === 503) return "No competitor can be reached";
  if (status === 400) return "The request was refused";
  return "The competitor failed";
}
