import { gatewayUrl } from "./base-url";
import { brokenOff, errorOfBody, errorOfResponse, GatewayError, isRecord, unreachable } from "./errors";
import { sseData } from "./sse";

export interface ChatRequest {
  model: string;
  competitor_id?: string;
  messages: { role: "user" | "assistant"; content: string | ContentPart[] }[];
}

export type ContentPart = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cost_usd?: number; // US dollars
  sandbox_seconds?: number;
  janus?: { source?: string }; // `metered`, `reported` or `estimated`
}

export interface ToolCallDelta {
  index: number;
  name?: string;
  arguments?: string;
}

/** One thing that happened while an answer was made. */
export type ChatEvent =
  | { kind: "head"; competitor?: string; requestId?: string }
  | { kind: "content" | "reasoning" | "refusal"; text: string }
  | { kind: "tool_call"; call: ToolCallDelta }
  | { kind: "step"; event: string; payload: Record<string, unknown> }
  | { kind: "usage"; usage: Usage }
  | { kind: "finish"; reason: string };

/** What is posted where to have an answer streamed. */
export interface Question {
  path: string;
  body: object;
}

/** A chat as a question to the gateway. */
export function chatQuestion(request: ChatRequest): Question {
  const body = { ...request, stream: true, stream_options: { include_usage: true } };
  return { path: "/v1/chat/completions", body };
}

/** The answer's events to a chat; see `streamAnswer`. */
export function streamChat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  return streamAnswer(chatQuestion(request), signal);
}

/**
 * Asks, and gives the answer's events as they come; returns once the answer is whole.
 * Throws `GatewayError` for anything else, and the abort's reason when `signal` fires.
 */
export async function* streamAnswer(question: Question, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const response = await post(question, signal);
  if (!response.ok) throw await errorOfResponse(response);
  if (!response.body) throw brokenOff();
  yield {
    kind: "head",
    ...optional("competitor", response.headers.get("x-janus-competitor")),
    ...optional("requestId", response.headers.get("x-request-id")),
  };
  try {
    for await (const data of sseData(response.body)) {
      if (data === "[DONE]") return;
      yield* eventsOf(parsed(data));
    }
  } catch (reason) {
    if (signal.aborted || reason instanceof GatewayError) throw reason;
    throw brokenOff();
  }
  throw brokenOff();
}

async function post({ path, body }: Question, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(gatewayUrl(path), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
  } catch (reason) {
    if (signal.aborted) throw reason;
    throw unreachable();
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new GatewayError("The gateway sent an event that is not JSON.");
  }
}

/** What one chunk says. Throws `GatewayError` when it is an error object. */
export function* eventsOf(chunk: unknown): Generator<ChatEvent> {
  if (!isRecord(chunk)) return;
  if (isRecord(chunk.error)) throw errorOfBody(chunk);
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  if (isRecord(choice)) {
    if (isRecord(choice.delta)) yield* eventsOfDelta(choice.delta);
    if (typeof choice.finish_reason === "string") yield { kind: "finish", reason: choice.finish_reason };
  }
  if (isRecord(chunk.usage)) yield { kind: "usage", usage: chunk.usage as unknown as Usage };
}

function* eventsOfDelta(delta: Record<string, unknown>): Generator<ChatEvent> {
  const janus = delta.janus; // first: what happened before the text of the same delta
  if (isRecord(janus) && typeof janus.event === "string") {
    yield { kind: "step", event: janus.event, payload: isRecord(janus.payload) ? janus.payload : {} };
  }
  const texts = [
    ["reasoning", reasoningOf(delta)],
    ["content", delta.content],
    ["refusal", delta.refusal],
  ] as const;
  for (const [kind, text] of texts) {
    if (typeof text === "string" && text) yield { kind, text };
  }
  for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
    if (isRecord(call)) yield { kind: "tool_call", call: toolCall(call) };
  }
}

/** A gateway that sends the text under both names says it once. */
function reasoningOf({ reasoning_content, reasoning }: Record<string, unknown>): unknown {
  return typeof reasoning_content === "string" && reasoning_content ? reasoning_content : reasoning;
}

function toolCall(call: Record<string, unknown>): ToolCallDelta {
  const made = isRecord(call.function) ? call.function : {};
  return {
    index: typeof call.index === "number" ? call.index : 0,
    ...(typeof made.name === "string" ? { name: made.name } : {}),
    ...(typeof made.arguments === "string" ? { arguments: made.arguments } : {}),
  };
}

function optional<K extends string>(name: K, value: string | null): { [P in K]?: string } {
  return (value ? { [name]: value } : {}) as { [P in K]?: string };
}
