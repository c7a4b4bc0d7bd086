import { COMPONENTS, type ComponentName, WEIGHTS } from "./leaderboard";

const MEANINGS: Record<ComponentName, string> = {
  quality: "How good the answers are, judged by each task's own scorer.",
  speed: "Time to the first token and to the whole answer.",
  cost: "US dollars per task, as the platform metered them.",
  streaming: "The longest silence between two events of an answer; keep-alives do not count.",
  modality: "Pictures, files and artifacts: whether they are understood and made.",
};
const TONES = ["bg-moss", "bg-[#3fb6c6]", "bg-[#8f80f5]", "bg-[#f0b95b]", "bg-[#ff8fa3]"];

/** The formula, and what stands in it. */
export function Scoring() {
  return (
    <section aria-labelledby="scoring" className="pt-24">
      <p className="eyebrow">Scoring</p>
      <h2 id="scoring" className="mt-3 font-bold text-3xl sm:text-4xl">
        One number, five parts, no secrets
      </h2>
      <p className="glass mt-6 overflow-x-auto rounded-2xl px-5 py-4 font-code text-sm sm:text-base">
        score = {COMPONENTS.map((name) => `${(WEIGHTS[name] / 100).toFixed(2)} × ${name}`).join(" + ")}
      </p>
      <div aria-hidden className="mt-4 flex h-3 gap-1">
        {COMPONENTS.map((name, index) => (
          <div key={name} className={`rounded-full ${TONES[index]}`} style={{ flexGrow: WEIGHTS[name] }} />
        ))}
      </div>
      <dl className="mt-6 grid gap-4 sm:grid-cols-2 lg:grid-cols-5">
        {COMPONENTS.map((name, index) => (
          <div key={name}>
            <dt className="flex items-center gap-2 font-semibold capitalize">
              <span aria-hidden className={`size-2.5 rounded-full ${TONES[index]}`} />
              {name} <span className="ml-auto font-code text-muted lg:ml-0">{WEIGHTS[name]}</span>
            </dt>
            <dd className="mt-1 text-muted">{MEANINGS[name]}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-5 text-muted">
        Each part is scaled to 100. Intervals are 95% confidence intervals; entries whose difference is no
        more than noise share a tier, and their order within it is not settled.
      </p>
    </section>
  );
}
