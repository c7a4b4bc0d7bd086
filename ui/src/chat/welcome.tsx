import { Mark } from "@/site/mark";
import { prefill } from "./composer-text";

const IDEAS = [
  "What is the capital of France?",
  "Explain how a two-stroke engine works, in a table",
  "Write a haiku about a bull in the rain",
  "Draw the life of an HTTP request as a Mermaid diagram",
];

/** What stands where the messages will be. */
export function Welcome() {
  return (
    <div className="grid flex-1 place-items-center overflow-y-auto px-4 py-6">
      <div className="w-full max-w-2xl text-center">
        <Mark className="mx-auto size-16" />
        <h2 className="mt-5 font-bold text-3xl sm:text-4xl">Ask the whole field</h2>
        <p className="mx-auto mt-3 max-w-md text-muted">
          Janus sends your question to a competitor and shows who answered, how, and what it took.
        </p>
        <ul className="mt-8 grid gap-2.5 text-left sm:grid-cols-2">
          {IDEAS.map((idea) => (
            <li key={idea}>
              <button
                type="button"
                className="glass h-full w-full rounded-2xl px-4 py-3 text-left text-muted transition-colors hover:border-moss-text hover:text-text"
                onClick={() => prefill(idea)}
              >
                {idea}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
