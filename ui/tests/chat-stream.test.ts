import { afterEach, expect, test, vi } from "vitest";
import { type ChatEvent, streamChat } from "@/gateway/chat-stream";
import { BROKEN_OFF, type GatewayError, UNREACHABLE } from "@/gateway/errors";
import { answering, chunk, DONE } from "./answers";

const REQUEST = { model: "janus", messages: [{ role: "user" as const, content: "Hello" }] };

afterEach(() => vi.unstubAllGlobals());

async function events(signal = new AbortController().signal): Promise<ChatEvent[]> {
  const found: ChatEvent[] = [];
  for await (const event of streamChat(REQUEST, signal)) found.push(event);
  return found.filter((event) => event.kind !== "head");
}

async function failure(): Promise<GatewayError> {
  return events().then(
    () => expect.fail("it succeeded"),
    (reason: GatewayError) => reason,
  );
}

test("asks for a stream with usage", async () => {
  const asked = answering(DONE);
  await events();
  const sent = JSON.parse(String(asked.mock.calls[0]?.[1]?.body));
  expect(sent).toEqual({ ...REQUEST, stream: true, stream_options: { include_usage: true } });
});

test("gives text, reasoning, refusals, steps, usage and the finish in order", async () => {
  answering(
    chunk({ role: "assistant", content: "" }),
    chunk({ janus: { event: "route", payload: { competitor_id: "alpha" } } }),
    chunk({ reasoning_content: "Hm." }),
    chunk({ content: "Hello" }),
    chunk({ refusal: "No." }),
    chunk({}, "stop"),
    `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 1 } })}\n\n`,
    DONE,
  );
  expect(await events()).toEqual([
    { kind: "step", event: "route", payload: { competitor_id: "alpha" } },
    { kind: "reasoning", text: "Hm." },
    { kind: "content", text: "Hello" },
    { kind: "refusal", text: "No." },
    { kind: "finish", reason: "stop" },
    { kind: "usage", usage: { prompt_tokens: 1 } },
  ]);
});

test("reads the route that comes in the same delta as the role", async () => {
  const janus = { event: "route", payload: { competitor_id: "alpha" } };
  answering(chunk({ role: "assistant", janus }), chunk({ content: "Hello" }, "stop"), DONE);
  expect(await events()).toEqual([
    { kind: "step", ...janus },
    { kind: "content", text: "Hello" },
    { kind: "finish", reason: "stop" },
  ]);
});

test.each([
  ["reasoning_content", { reasoning_content: "Hm." }],
  ["reasoning", { reasoning: "Hm." }],
  ["both names, once", { reasoning: "Hm.", reasoning_content: "Hm." }],
  ["reasoning beside an empty reasoning_content", { reasoning: "Hm.", reasoning_content: "" }],
  ["reasoning beside no reasoning_content", { reasoning: "Hm.", reasoning_content: null }],
])("reads reasoning under %s", async (_, delta) => {
  answering(chunk(delta), DONE);
  expect(await events()).toEqual([{ kind: "reasoning", text: "Hm." }]);
});

test("gives the pieces of a tool call", async () => {
  answering(
    chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "" } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }),
    DONE,
  );
  expect(await events()).toEqual([
    { kind: "tool_call", call: { index: 0, name: "f", arguments: "" } },
    { kind: "tool_call", call: { index: 0, arguments: "{}" } },
  ]);
});

test("survives chunks of a shape that makes no sense", async () => {
  const odd = ["null", "7", '{"choices": 3}', '{"choices": [null]}', '{"choices": [{"delta": "x"}]}'];
  answering(...odd.map((text) => `data: ${text}\n\n`), chunk({ content: "Hello" }), DONE);
  expect(await events()).toEqual([{ kind: "content", text: "Hello" }]);
});

test("a stream that ends without [DONE] is no answer", async () => {
  answering(chunk({ content: "Hel" }));
  expect((await failure()).fault.code).toBe(BROKEN_OFF);
});

test("an error inside the stream is that error", async () => {
  answering(
    chunk({ content: "Hel" }),
    'data: {"error": {"message": "It died.", "code": "competitor_failed"}}\n\n',
  );
  expect(await failure()).toMatchObject({ message: "It died.", fault: { code: "competitor_failed" } });
});

test("an error status is the error of its body, with when to try again", async () => {
  const refusal = JSON.stringify({
    error: { message: "Too much.", code: "rate_limited", type: "rate_limit_error" },
  });
  vi.stubGlobal("fetch", async () => new Response(refusal, { status: 429, headers: { "retry-after": "7" } }));
  expect(await failure()).toMatchObject({
    message: "Too much.",
    fault: { status: 429, code: "rate_limited", retryAfter: 7 },
  });
});

test("an error status with a body that is no JSON still says the status", async () => {
  vi.stubGlobal("fetch", async () => new Response("<html>", { status: 502 }));
  expect((await failure()).message).toContain("502");
});

test("nobody at the address is a plain word", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  expect((await failure()).fault.code).toBe(UNREACHABLE);
});
