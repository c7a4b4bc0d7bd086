"use client";

import { Swords } from "lucide-react";
import { useState } from "react";
import { useLiveAnswer } from "@/gateway/use-live-answer";
import { useModels } from "@/gateway/use-models";
import { AnswerPane } from "@/site/answer-pane";
import { EmptyState } from "@/site/empty-state";
import { draw, healthyCompetitors } from "./rivals";
import { cast, type Stored, type Verdict } from "./vote";

interface Round {
  prompt: string;
  rivals: [string, string];
}

const VERDICTS: [Verdict, string][] = [
  ["left", "A is better"],
  ["right", "B is better"],
  ["tie", "A tie"],
  ["both_bad", "Neither is good"],
];
const TOLD: Record<Stored, string> = {
  stored: "Your vote is stored.",
  no_service: "Your vote was not stored: this Janus runs without a competition service.",
  failed: "Your vote could not be stored.",
};

/** Two competitors whose names are hidden answer the same question; they are named after the vote. */
export function Arena() {
  const { models } = useModels();
  const competitors = healthyCompetitors(models);
  const [prompt, setPrompt] = useState("");
  const [round, setRound] = useState<Round | null>(null);
  const [stored, setStored] = useState<Stored | null>(null);
  const left = useLiveAnswer();
  const right = useLiveAnswer();

  if (models.length && competitors.length < 2 && !round) {
    return (
      <EmptyState title="The arena needs two">
        {competitors.length === 1 ? "One competitor is" : "No competitor is"} healthy here. Register another
        in <code>competitors.yaml</code>; it is taken up when the file is saved.
      </EmptyState>
    );
  }
  const begin = () => {
    const rivals = draw(competitors);
    const text = prompt.trim();
    if (!rivals || !text) return;
    setRound({ prompt: text, rivals });
    setStored(null);
    rivals.forEach((model, side) => {
      const pane = side === 0 ? left : right;
      void pane.ask({ model, messages: [{ role: "user", content: text }] });
    });
  };
  const vote = async (verdict: Verdict) => {
    if (round)
      setStored(await cast({ prompt: round.prompt, left: round.rivals[0], right: round.rivals[1], verdict }));
  };
  const states = [left.answer.state, right.answer.state];
  const running = states.includes("streaming");
  const over = round !== null && !running;
  return (
    <div className="space-y-6">
      <form
        className="flex flex-wrap gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <input
          aria-label="The question for both"
          placeholder="The same question for both"
          className="field min-w-0 flex-1 basis-64"
          value={prompt}
          onChange={(event) => setPrompt(event.target.value)}
        />
        <button
          type="submit"
          className="btn btn-primary"
          disabled={running || !prompt.trim() || competitors.length < 2}
        >
          <Swords size={18} aria-hidden /> Let them answer
        </button>
      </form>
      <div className="grid gap-4 md:grid-cols-2">
        <Side name="A" answer={left.answer} revealed={stored ? round?.rivals[0] : undefined} />
        <Side name="B" answer={right.answer} revealed={stored ? round?.rivals[1] : undefined} />
      </div>
      {over && !stored && (
        <fieldset className="glass flex flex-wrap justify-center gap-3 rounded-3xl p-5">
          <legend className="sr-only">Which answer is better?</legend>
          {VERDICTS.map(([verdict, label]) => (
            <button key={verdict} type="button" className="btn btn-quiet" onClick={() => void vote(verdict)}>
              {label}
            </button>
          ))}
        </fieldset>
      )}
      <p role="status" className="text-center text-muted" data-testid="vote">
        {stored && TOLD[stored]}
      </p>
    </div>
  );
}

function Side({
  name,
  answer,
  revealed,
}: {
  name: string;
  answer: ReturnType<typeof useLiveAnswer>["answer"];
  revealed: string | undefined;
}) {
  return (
    <section aria-label={`Competitor ${name}`} className="glass min-h-56 min-w-0 rounded-3xl p-6">
      <h2 className="flex items-baseline gap-3 font-semibold text-xl">
        {name}{" "}
        <span className="min-w-0 truncate font-code font-normal text-moss-text text-sm">{revealed}</span>
      </h2>
      {answer.state === "none" && (
        <p className="mt-4 text-muted">Its answer will stream here, without a name.</p>
      )}
      <AnswerPane answer={answer} label={`Answer of ${name}`} />
    </section>
  );
}
