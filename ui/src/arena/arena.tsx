"use client";

import { Swords } from "lucide-react";
import { useState } from "react";
import type { Battle, Reveal, Verdict } from "@/gateway/competition";
import { GatewayError } from "@/gateway/errors";
import { useLiveAnswer } from "@/gateway/use-live-answer";
import { AnswerPane } from "@/site/answer-pane";
import { EmptyState } from "@/site/empty-state";
import { useLive } from "@/site/use-live";
import { openBattle, sideQuestion, told, VERDICTS, vote } from "./battle";
import { RatingsTable } from "./ratings-table";

/** What the visitor said, and who they were. */
type Vote = { verdict: Verdict; reveal: Reveal };

/** Two competitors whose names the page does not know answer the same question; it learns them by voting. */
export function Arena() {
  const live = useLive();
  const [prompt, setPrompt] = useState("");
  const [battle, setBattle] = useState<Battle | null>(null);
  const [voted, setVoted] = useState<Vote | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<GatewayError | null>(null);
  const [votes, setVotes] = useState(0);
  const left = useLiveAnswer();
  const right = useLiveAnswer();

  const asked = async <T,>(work: () => Promise<T>): Promise<T | null> => {
    setBusy(true);
    setProblem(null);
    try {
      return await work();
    } catch (reason) {
      setProblem(reason instanceof GatewayError ? reason : new GatewayError(String(reason)));
      return null;
    } finally {
      setBusy(false);
    }
  };
  const begin = async () => {
    const opened = await asked(() => openBattle(prompt.trim()));
    if (!opened) return;
    setBattle(opened);
    setVoted(null);
    void left.ask(sideQuestion(opened, "left"));
    void right.ask(sideQuestion(opened, "right"));
  };
  const judge = async (verdict: Verdict) => {
    const reveal = battle && (await asked(() => vote(battle, verdict)));
    if (!reveal) return;
    setVoted({ verdict, reveal });
    setVotes((count) => count + 1);
  };
  if (problem && isAbsent(problem)) return <Absent problem={problem} />;
  const states = [left.answer.state, right.answer.state];
  const running = states.includes("streaming");
  const judging = battle !== null && !running && !states.includes("none") && !voted;
  return (
    <div className="space-y-6">
      <form
        className="flex flex-wrap gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (prompt.trim()) void begin();
        }}
      >
        <input
          aria-label="The question for both"
          placeholder="The same question for both"
          className="field min-w-0 flex-1 basis-64"
          maxLength={8000}
          disabled={!live}
          value={prompt}
          onChange={(event) => setPrompt(event.target.value)}
        />
        <button type="submit" className="btn btn-primary" disabled={running || busy || !prompt.trim()}>
          <Swords size={18} aria-hidden /> Let them answer
        </button>
      </form>
      <div className="grid gap-4 md:grid-cols-2">
        <Side name="A" answer={left.answer} revealed={voted?.reveal.left} />
        <Side name="B" answer={right.answer} revealed={voted?.reveal.right} />
      </div>
      {judging && (
        <fieldset className="glass flex flex-wrap justify-center gap-3 rounded-3xl p-5" disabled={busy}>
          <legend className="sr-only">Which answer is better?</legend>
          {(Object.entries(VERDICTS) as [Verdict, string][]).map(([verdict, label]) => (
            <button key={verdict} type="button" className="btn btn-quiet" onClick={() => void judge(verdict)}>
              {label}
            </button>
          ))}
        </fieldset>
      )}
      <p role="status" className="text-center text-muted" data-testid="vote">
        {problem ? (
          <span className="text-rose">{problem.message}</span>
        ) : (
          voted && told(voted.verdict, voted.reveal)
        )}
      </p>
      <RatingsTable version={votes} />
    </div>
  );
}

/** Whether the arena cannot work here at all, rather than not for this question. */
function isAbsent({ fault }: GatewayError): boolean {
  return fault.code === "no_competition" || fault.code === "too_few_competitors";
}

function Absent({ problem }: { problem: GatewayError }) {
  if (problem.fault.code === "too_few_competitors") {
    return (
      <EmptyState title="The arena needs two">
        Fewer than two competitors are healthy here. Register another in <code>competitors.yaml</code>; it is
        taken up when the file is saved.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No arena here">
      This Janus runs without a competition service. <code>janus up</code> starts one.
    </EmptyState>
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
