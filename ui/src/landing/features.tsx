import { Coins, FileCheck2, Footprints, Route } from "lucide-react";

const FEATURES = [
  {
    icon: Route,
    title: "The route",
    text: "Which competitor answered, on which attempt, and why the router chose it. You may also choose yourself.",
  },
  {
    icon: Footprints,
    title: "The steps",
    text: "Reasoning, tool calls and sandbox work arrive while they happen, on a timeline beside the answer.",
  },
  {
    icon: Coins,
    title: "The cost",
    text: "Tokens, dollars, seconds to the first word and words per second, for every single answer.",
  },
  {
    icon: FileCheck2,
    title: "The proof",
    text: "Files come through signed links. Your browser hashes what arrived and shows whether it is what was promised.",
  },
];

/** What only Janus shows of an answer. */
export function Features() {
  return (
    <section aria-labelledby="view">
      <p className="eyebrow">Nothing hidden</p>
      <h2 id="view" className="mt-3 max-w-2xl font-bold text-3xl sm:text-5xl">
        Every answer comes with its story
      </h2>
      <ul className="mt-10 grid gap-4 sm:grid-cols-2">
        {FEATURES.map(({ icon: Icon, title, text }) => (
          <li key={title} className="glass flex gap-5 rounded-2xl p-6">
            <span className="grid size-12 shrink-0 place-items-center rounded-xl bg-well text-moss-text">
              <Icon size={24} aria-hidden />
            </span>
            <div>
              <h3 className="font-semibold text-xl">{title}</h3>
              <p className="mt-1.5 text-muted">{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
