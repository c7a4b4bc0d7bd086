"use client";

import { Play, Square } from "lucide-react";
import { useId, useState } from "react";
import { chatQuestion } from "@/gateway/chat-stream";
import { asMarketplace } from "@/gateway/competition";
import { useLiveAnswer } from "@/gateway/use-live-answer";
import { useOptional } from "@/gateway/use-optional";
import { AnswerPane } from "@/site/answer-pane";
import { useLive } from "@/site/use-live";
import type { Component, Trial } from "./component";
import { TrialOutput, useTrial } from "./trial-call";

/** Asks the real thing, here and now: by a call of its own, or in a chat that goes through it. */
export function TryLive({ component, trial }: { component: Component; trial: Trial }) {
  return (
    <section aria-label="Try it" className="glass mt-10 rounded-3xl p-6">
      <h2 className="font-bold text-2xl">Try it</h2>
      {trial.model ? <Chat trial={trial} /> : <Call component={component} trial={trial} />}
    </section>
  );
}

function Chat({ trial }: { trial: Trial }) {
  const { answer, ask, stop } = useLiveAnswer();
  return (
    <>
      <Form
        trial={trial}
        running={answer.state === "streaming"}
        stop={stop}
        run={(content) =>
          void ask(chatQuestion({ model: trial.model, messages: [{ role: "user", content }] }))
        }
      />
      <AnswerPane answer={answer} label="Answer" />
    </>
  );
}

function Call({ component, trial }: { component: Component; trial: Trial }) {
  const catalogue = useOptional("/api/marketplace/components", asMarketplace);
  const { state, run } = useTrial(component.id);
  const asking = catalogue.kind === "asking";
  if (!asking && (catalogue.kind !== "read" || !catalogue.value.trials_open)) {
    return (
      <p className="mt-1 text-muted">
        Trials are closed here: they spend the operator's money. <code>JANUS_TRY_IT=true</code> opens them;{" "}
        <code>janus up</code> does so while only this machine reaches the gateway.
      </p>
    );
  }
  return (
    <>
      <Form trial={trial} running={asking || state.kind === "running"} run={(input) => void run(input)} />
      <TrialOutput state={state} />
    </>
  );
}

function Form({
  trial,
  running,
  run,
  stop,
}: {
  trial: Trial;
  running: boolean;
  run: (input: string) => void;
  stop?: () => void;
}) {
  const live = useLive();
  const [input, setInput] = useState(trial.input);
  const note = useId();
  return (
    <>
      <p id={note} className="mt-1 text-muted">
        {trial.note}
      </p>
      <form
        className="mt-4 flex flex-wrap gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (input.trim()) run(input.trim());
        }}
      >
        <input
          aria-label={trial.label}
          aria-describedby={note}
          className="field min-w-0 flex-1"
          maxLength={2000}
          disabled={!live}
          value={input}
          onChange={(event) => setInput(event.target.value)}
        />
        {running && stop ? (
          <button type="button" className="btn btn-quiet" onClick={stop}>
            <Square size={15} aria-hidden /> Stop
          </button>
        ) : (
          <button type="submit" className="btn btn-primary" disabled={running || !live}>
            <Play size={17} aria-hidden /> Run
          </button>
        )}
      </form>
    </>
  );
}
