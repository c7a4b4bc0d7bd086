"use client";

import { GitBranch, RotateCcw } from "lucide-react";
import { memo } from "react";
import { Markdown } from "@/markdown/markdown";
import { CopyButton } from "@/site/copy-button";
import { Mark } from "@/site/mark";
import { AnswerFacts } from "./answer-facts";
import { branchOff, retry } from "./answering";
import { ArtifactCard } from "./artifact-card";
import { BranchSwitch } from "./branch-switch";
import { EndingNote } from "./ending-note";
import { ReasoningPanel } from "./reasoning-panel";
import type { Answer, Message } from "./types";

export const AssistantMessage = memo(function AssistantMessage({ message }: { message: Message }) {
  const { answer } = message;
  if (!answer) return null;
  const streaming = answer.status === "streaming";
  return (
    <article
      aria-label={`Answer of ${answer.competitor ?? answer.model}`}
      className="mt-6 [contain-intrinsic-size:auto_12rem] [content-visibility:auto]"
      data-testid="answer"
      data-status={answer.status}
    >
      <p className="mb-2 flex items-center gap-2 font-semibold text-sm">
        <Mark className="size-5" />
        {answer.competitor ?? answer.model}
      </p>
      <ReasoningPanel answer={answer} thinking={streaming && !message.text} />
      {message.text ? (
        <Markdown text={message.text} streaming={streaming} />
      ) : (
        streaming && !answer.reasoning && <Waiting />
      )}
      {streaming && message.text && <span aria-hidden className="going" />}
      {answer.refusal && <p className="mt-2 text-amber">{answer.refusal}</p>}
      {answer.artifacts.length > 0 && <Artifacts answer={answer} />}
      <EndingNote answer={answer} onRetry={() => void retry(message)} />
      {!streaming && <Actions message={message} answer={answer} />}
    </article>
  );
});

function Waiting() {
  return (
    <p className="flex h-7 items-center gap-1.5" role="img" aria-label="Waiting for the first word">
      {[0, 1, 2].map((dot) => (
        <span
          key={dot}
          className="size-2 animate-pulse rounded-full bg-moss-text"
          style={{ animationDelay: `${dot * 180}ms` }}
        />
      ))}
    </p>
  );
}

function Artifacts({ answer }: { answer: Answer }) {
  return (
    <ul className="mt-4 grid gap-3 sm:grid-cols-2" aria-label="Files of this answer">
      {answer.artifacts.map((artifact) => (
        <li key={`${artifact.id} ${artifact.url}`}>
          <ArtifactCard artifact={artifact} />
        </li>
      ))}
    </ul>
  );
}

function Actions({ message, answer }: { message: Message; answer: Answer }) {
  return (
    <div className="-ml-2 mt-2 flex flex-wrap items-center gap-x-1">
      <BranchSwitch message={message} />
      <CopyButton text={message.text} label="Copy the answer" />
      <button
        type="button"
        className="icon-btn"
        aria-label="Answer once more"
        title="Answer once more"
        onClick={() => void retry(message)}
      >
        <RotateCcw size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="icon-btn"
        aria-label="Branch into a new chat"
        title="Branch into a new chat"
        onClick={() => void branchOff(message)}
      >
        <GitBranch size={16} aria-hidden />
      </button>
      <AnswerFacts answer={answer} />
    </div>
  );
}
