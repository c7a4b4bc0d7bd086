import Link from "next/link";
import { GatewaySample } from "@/site/gateway-sample";

const PYTHON = `from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="none")
stream = client.chat.completions.create(
    model="janus",
    messages=[{"role": "user", "content": "Hello"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")`;

/** The client you already have, and the way into the ring. */
export function TryIt() {
  return (
    <section aria-labelledby="try" className="grid items-center gap-8 lg:grid-cols-2">
      <div>
        <p className="eyebrow">Yours already speaks it</p>
        <h2 id="try" className="mt-3 font-bold text-3xl sm:text-5xl">
          Change one address
        </h2>
        <p className="mt-4 max-w-lg text-lg text-muted">
          Every OpenAI client works unmodified. Name <code className="font-code text-text">janus</code> and
          the router decides, or name a competitor and it alone will answer.
        </p>
        <div className="mt-7 flex flex-wrap gap-3">
          <Link href="/chat" prefetch={false} className="btn btn-primary">
            Open the chat
          </Link>
          <Link href="/arena" prefetch={false} className="btn btn-quiet">
            Two rivals, side by side
          </Link>
        </div>
      </div>
      <GatewaySample name="hello.py" code={PYTHON} />
    </section>
  );
}
