const STAGES = [
  { name: "You", what: "A page, curl or any OpenAI client asks, and listens.", wire: "HTTP + SSE" },
  { name: "Edge", what: "Checks the request once and writes every event the moment it comes.", wire: "gRPC" },
  {
    name: "Router",
    what: "Chooses a healthy rival, retries before the first word, never after it.",
    wire: "gRPC",
  },
  {
    name: "Competitor",
    what: "Thinks, calls tools, answers. Any language, any model, any agent.",
    wire: "HTTP",
  },
  { name: "Platform", what: "The only way out: access to models, each call in the log." },
] as const;

/** The life of a request, from left to right. */
export function HowItWorks() {
  return (
    <section aria-labelledby="how">
      <p className="eyebrow">How it works</p>
      <h2 id="how" className="mt-3 max-w-2xl font-bold text-3xl sm:text-5xl">
        One request, watched all the way through
      </h2>
      <ol className="flow mt-10 grid gap-4 sm:grid-cols-2 lg:grid-cols-5">
        {STAGES.map((stage, index) => (
          <li key={stage.name} className="glass relative flex flex-col rounded-2xl p-5">
            <span className="font-code text-moss-text text-sm">{String(index + 1).padStart(2, "0")}</span>
            <h3 className="mt-2 font-semibold text-xl">{stage.name}</h3>
            <p className="mt-2 text-muted">{stage.what}</p>
            {"wire" in stage && <Wire name={stage.wire} />}
          </li>
        ))}
      </ol>
      <p className="mt-6 max-w-3xl text-muted">
        Leave at any moment and the competitor stops working. A stream ends with its last word or with an
        error that says what happened, never with silence.
      </p>
    </section>
  );
}

/** What this stage speaks to the next one, on the gap between the two cards. */
function Wire({ name }: { name: string }) {
  return (
    <>
      <svg
        viewBox="0 0 24 8"
        className="absolute top-1/2 -right-5 z-10 hidden h-2 w-6 lg:block"
        aria-hidden="true"
      >
        <path
          d="M0 4 H24"
          className="flow-line stroke-moss-text"
          strokeWidth="3"
          strokeDasharray="4 8"
          strokeLinecap="round"
        />
      </svg>
      <p className="mt-auto pt-4 font-code text-muted text-xs">speaks {name} onward</p>
    </>
  );
}
