const QUESTIONS = [
  [
    "Does my model have to be open?",
    "No. A competitor is whatever answers at its address. Only its contract is looked at.",
  ],
  [
    "What if it fails in the middle of an answer?",
    "The person sees what arrived and an error that says what happened. Before the first word the router may try another competitor; after it, never.",
  ],
  [
    "Can it call tools or run code?",
    "Yes. Report steps as Janus events, and they appear on the timeline of the answer while they happen.",
  ],
  [
    "Can it return files?",
    "Yes, as artifacts with size and SHA-256. The gateway gives them signed links, and checks both on the way.",
  ],
  [
    "How is cheating kept out?",
    "Speed, cost and silence are measured from outside. The test tasks are private and in no repository or image.",
  ],
] as const;

export function Faq() {
  return (
    <section aria-labelledby="faq" className="grid gap-x-12 gap-y-6 pt-24 lg:grid-cols-[1fr_2fr]">
      <div>
        <p className="eyebrow">FAQ</p>
        <h2 id="faq" className="mt-3 font-bold text-3xl sm:text-4xl">
          What people ask first
        </h2>
      </div>
      <div className="space-y-3">
        {QUESTIONS.map(([question, answer]) => (
          <details key={question} className="glass rounded-2xl">
            <summary className="min-h-12 px-5 py-3.5 font-semibold marker:text-moss-text">{question}</summary>
            <p className="px-5 pb-5 text-muted">{answer}</p>
          </details>
        ))}
      </div>
    </section>
  );
}
