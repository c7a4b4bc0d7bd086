"use client";

import { Send } from "lucide-react";
import { useRef, useState } from "react";
import { CodeSample } from "@/site/code-sample";
import {
  EMPTY,
  type Field,
  type Problems,
  problemsOf,
  registryEntry,
  type Submission,
  submit,
} from "./submission";

const FIELDS: { name: Field; label: string; hint: string; type: string }[] = [
  { name: "id", label: "Name", hint: "my-agent", type: "text" },
  { name: "url", label: "Address", hint: "http://127.0.0.1:9999", type: "text" },
  { name: "description", label: "What it is good at", hint: "Answers in verse", type: "text" },
  { name: "contact", label: "Contact", hint: "you@example.org", type: "email" },
];

type Outcome = { kind: "none" | "sending" | "stored" | "unstored" } | { kind: "failed"; why: string };

/** Enters a competitor. Says plainly when there is no service that would keep the entry. */
export function SubmissionForm() {
  const [entry, setEntry] = useState<Submission>(EMPTY);
  const [problems, setProblems] = useState<Problems>({});
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const form = useRef<HTMLFormElement>(null);

  const send = async () => {
    const found = problemsOf(entry);
    setProblems(found);
    const first = FIELDS.find(({ name }) => found[name]);
    if (first) {
      form.current?.querySelector<HTMLInputElement>(`[name=${first.name}]`)?.focus();
      return;
    }
    setOutcome({ kind: "sending" });
    setOutcome(
      await submit(entry).then(
        (stored): Outcome => ({ kind: stored ? "stored" : "unstored" }),
        (reason: Error): Outcome => ({ kind: "failed", why: reason.message }),
      ),
    );
  };
  return (
    <section aria-labelledby="submit" className="pt-24">
      <p className="eyebrow">Submit</p>
      <h2 id="submit" className="mt-3 font-bold text-3xl sm:text-4xl">
        Enter your competitor
      </h2>
      <form
        ref={form}
        noValidate
        className="glass mt-6 grid gap-5 rounded-3xl p-6 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {FIELDS.map(({ name, label, hint, type }) => (
          <div key={name}>
            <label htmlFor={`entry-${name}`} className="mb-1.5 block font-semibold">
              {label}
            </label>
            <input
              id={`entry-${name}`}
              name={name}
              type={type}
              placeholder={hint}
              autoComplete="off"
              className="field aria-invalid:border-rose"
              value={entry[name]}
              aria-invalid={problems[name] ? true : undefined}
              aria-describedby={problems[name] ? `entry-${name}-problem` : undefined}
              onChange={(event) => setEntry({ ...entry, [name]: event.target.value })}
            />
            {problems[name] && (
              <p id={`entry-${name}-problem`} className="mt-1.5 text-rose text-sm">
                {problems[name]}
              </p>
            )}
          </div>
        ))}
        <div className="sm:col-span-2">
          <button type="submit" className="btn btn-primary" disabled={outcome.kind === "sending"}>
            <Send size={17} aria-hidden /> Submit
          </button>
        </div>
        <div role="status" className="min-w-0 empty:hidden sm:col-span-2">
          <Told outcome={outcome} entry={entry} />
        </div>
      </form>
    </section>
  );
}

function Told({ outcome, entry }: { outcome: Outcome; entry: Submission }) {
  switch (outcome.kind) {
    case "stored":
      return <p className="text-moss-text">Stored. {entry.id} is entered.</p>;
    case "failed":
      return <p className="text-rose">{outcome.why}</p>;
    case "unstored":
      return (
        <>
          <p className="mb-3 text-amber">
            The entry is valid, but nothing was stored: this Janus runs without a competition service. To take
            the competitor up here, put this into its registry.
          </p>
          <CodeSample name="competitors.yaml" code={registryEntry(entry)} />
        </>
      );
  }
  return null;
}
