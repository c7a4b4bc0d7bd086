"use client";

import { Send } from "lucide-react";
import { useRef, useState } from "react";
import type { NewSubmission } from "@/gateway/competition";
import { GatewayError } from "@/gateway/errors";
import { CodeSample } from "@/site/code-sample";
import { useLive } from "@/site/use-live";
import {
  EMPTY,
  type Field,
  type Problems,
  problemsOf,
  registryEntry,
  submit,
  TRANSPORTS,
} from "./submission";
import { SubmissionList } from "./submission-list";

const FIELDS: { name: Field; label: string; hint: string; type: string }[] = [
  { name: "name", label: "Name", hint: "my-agent", type: "text" },
  { name: "transport", label: "Transport", hint: "", type: "choice" },
  { name: "address", label: "Address", hint: "http://127.0.0.1:9999", type: "text" },
  { name: "license", label: "License", hint: "MIT", type: "text" },
  { name: "description", label: "What it is good at", hint: "Answers in verse", type: "text" },
  { name: "contact", label: "Contact", hint: "you@example.org", type: "email" },
];
const ABSENT = new Set([404, 501, 503]);

type Outcome =
  | { kind: "none" | "sending" | "unstored" }
  | { kind: "stored"; name: string }
  | { kind: "failed"; why: string };

/** Enters a competitor. Says plainly when there is no service that would keep the entry. */
export function SubmissionForm() {
  const live = useLive();
  const [entry, setEntry] = useState<NewSubmission>(EMPTY);
  const [problems, setProblems] = useState<Problems>({});
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const [stored, setStored] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  const show = (found: Problems) => {
    setProblems(found);
    const first = FIELDS.find(({ name }) => found[name]);
    if (first) form.current?.querySelector<HTMLElement>(`[name=${first.name}]`)?.focus();
    return first !== undefined;
  };
  const send = async () => {
    if (show(problemsOf(entry))) return;
    setOutcome({ kind: "sending" });
    try {
      const { name } = await submit(entry);
      setOutcome({ kind: "stored", name });
      setStored((count) => count + 1);
      setEntry(EMPTY);
    } catch (reason) {
      const { message, fault } = reason instanceof GatewayError ? reason : new GatewayError(String(reason));
      const field = FIELDS.find(({ name }) => name === fault.param)?.name;
      if (field) show({ [field]: message });
      setOutcome(ABSENT.has(fault.status ?? 0) ? { kind: "unstored" } : { kind: "failed", why: message });
    }
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
        <fieldset disabled={!live} role="presentation" className="contents">
          {FIELDS.map(({ name, label, hint, type }) => (
            <div key={name}>
              <label htmlFor={`entry-${name}`} className="mb-1.5 block font-semibold">
                {label}
              </label>
              <Input
                name={name}
                type={type}
                hint={hint}
                value={entry[name]}
                problem={problems[name]}
                change={(value) => setEntry({ ...entry, [name]: value })}
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
        </fieldset>
        <div role="status" className="min-w-0 empty:hidden sm:col-span-2">
          <Told outcome={outcome} entry={entry} />
        </div>
      </form>
      <SubmissionList version={stored} />
    </section>
  );
}

function Input({
  name,
  type,
  hint,
  value,
  problem,
  change,
}: {
  name: Field;
  type: string;
  hint: string;
  value: string;
  problem: string | undefined;
  change: (value: string) => void;
}) {
  const shared = {
    id: `entry-${name}`,
    name,
    className: "field aria-invalid:border-rose",
    value,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": problem ? `entry-${name}-problem` : undefined,
  };
  if (type === "choice") {
    return (
      <select {...shared} onChange={(event) => change(event.target.value)}>
        {TRANSPORTS.map((transport) => (
          <option key={transport}>{transport}</option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...shared}
      type={type}
      placeholder={hint}
      autoComplete="off"
      onChange={(event) => change(event.target.value)}
    />
  );
}

function Told({ outcome, entry }: { outcome: Outcome; entry: NewSubmission }) {
  switch (outcome.kind) {
    case "stored":
      return <p className="text-moss-text">Stored. {outcome.name} is entered.</p>;
    case "failed":
      return <p className="text-rose">{outcome.why}</p>;
    case "unstored":
      return (
        <>
          <p className="mb-3 text-amber">
            The entry is valid, but nothing was stored: the competition service does not run here. To take the
            competitor up, put this into the registry.
          </p>
          <CodeSample name="competitors.yaml" code={registryEntry(entry)} />
        </>
      );
  }
  return null;
}
