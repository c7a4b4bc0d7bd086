"use client";

import { Play, Square } from "lucide-react";
import { useId, useState } from "react";
import { useLiveAnswer } from "@/gateway/use-live-answer";
import { AnswerPane } from "@/site/answer-pane";
import type { Component } from "./component";

/** Asks the real thing, here and now. */
export function TryLive({ trial }: { trial: NonNullable<Component["try"]> }) {
  const [prompt, setPrompt] = useState(trial.prompt);
  const { answer, ask, stop } = useLiveAnswer();
  const note = useId();
  return (
    <section aria-label="Try it" className="glass mt-10 rounded-3xl p-6">
      <h2 className="font-bold text-2xl">Try it</h2>
      <p id={note} className="mt-1 text-muted">
        {trial.note}
      </p>
      <form
        className="mt-4 flex flex-wrap gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (prompt.trim())
            void ask({ model: trial.model, messages: [{ role: "user", content: prompt.trim() }] });
        }}
      >
        <input
          aria-label="What to ask"
          aria-describedby={note}
          className="field min-w-0 flex-1"
          value={prompt}
          onChange={(event) => setPrompt(event.target.value)}
        />
        {answer.state === "streaming" ? (
          <button type="button" className="btn btn-quiet" onClick={stop}>
            <Square size={15} aria-hidden /> Stop
          </button>
        ) : (
          <button type="submit" className="btn btn-primary">
            <Play size={17} aria-hidden /> Run
          </button>
        )}
      </form>
      <AnswerPane answer={answer} label="Answer" />
    </section>
  );
}
