import { CodeSample } from "@/site/code-sample";

const RULES = [
  ["It runs here.", "A component is listed when its code is in the repository and its tests pass."],
  ["It has a contract.", "OpenAPI, proto or MCP. What it promises can be checked by a machine."],
  ["It stands alone.", "Competitors reach it over the network, with the address in their environment."],
  ["It accounts for itself.", "Each call is a log line: who called, what it took, how it ended."],
];

const MANIFEST = `{
  "id": "my-component",
  "name": "My component",
  "summary": "One sentence.",
  "category": "tools",
  "kind": "platform service",
  "contract": "OpenAPI",
  "source": "my_component",
  "address": "http://127.0.0.1:8020",
  "operations": [{ "name": "POST /run", "what": "..." }],
  "settings": [],
  "versions": [{ "version": "0.1.0", "notes": "..." }],
  "sample": { "language": "python", "code": "..." },
  "trial": { "label": "Input", "input": "...", "note": "..." }
}`;

export function SubmissionRules() {
  return (
    <section aria-labelledby="rules" className="mt-24 grid gap-10 lg:grid-cols-2">
      <div>
        <p className="eyebrow">List yours</p>
        <h2 id="rules" className="mt-3 font-bold text-3xl sm:text-4xl">
          What a component must be
        </h2>
        <dl className="mt-6 space-y-5">
          {RULES.map(([rule, why]) => (
            <div key={rule} className="border-moss border-l-2 pl-4">
              <dt className="font-semibold text-lg">{rule}</dt>
              <dd className="text-muted">{why}</dd>
            </div>
          ))}
        </dl>
      </div>
      <CodeSample name="manifests/my-component.json" code={MANIFEST} />
    </section>
  );
}
