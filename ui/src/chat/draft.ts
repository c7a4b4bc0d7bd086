import type { ChatEvent, ToolCallDelta } from "@/gateway/chat-stream";
import { GatewayError } from "@/gateway/errors";
import { artifactOf } from "./artifact";
import { newId } from "./new-id";
import type { Answer, Artifact, Failure, Message, Step } from "./types";

/** An answer while it comes in. */
export class Draft {
  readonly id = newId();
  private readonly createdAt = Date.now();
  private readonly sentAt = performance.now();
  private text = "";
  private answer: Answer;
  private dirty = false;

  constructor(
    private readonly sessionId: string,
    private readonly parentId: string,
    model: string,
  ) {
    this.answer = {
      status: "streaming",
      model,
      reasoning: "",
      refusal: "",
      steps: [],
      toolCalls: [],
      artifacts: [],
      timing: {},
    };
  }

  /** Whether anything came since `message` was asked for last. */
  get changed(): boolean {
    return this.dirty;
  }

  /** The answer as it stands; never changed afterwards. */
  message(): Message {
    this.dirty = false;
    const { id, sessionId, parentId, createdAt, text } = this;
    return { id, sessionId, parentId, createdAt, text, role: "assistant", answer: this.answer };
  }

  add(event: ChatEvent): void {
    switch (event.kind) {
      case "head":
        return this.note(event.competitor ? { competitor: event.competitor } : {});
      case "content":
        this.text += event.text;
        return this.note(this.begun());
      case "reasoning":
        return this.note({ reasoning: this.answer.reasoning + event.text, ...this.begun() });
      case "refusal":
        return this.note({ refusal: this.answer.refusal + event.text, ...this.begun() });
      case "tool_call":
        return this.note({ toolCalls: withDelta(this.answer.toolCalls, event.call), ...this.begun() });
      case "step":
        return this.addStep(event.event, event.payload);
      case "usage":
        return this.note({ usage: event.usage });
      case "finish":
        return this.note({ finishReason: event.reason });
    }
  }

  end(status: Answer["status"]): void {
    this.note({ status, timing: { ...this.answer.timing, totalMs: this.elapsed() } });
  }

  fail(reason: unknown, stopped: boolean): void {
    if (stopped) return this.end("stopped");
    this.end("failed");
    this.note({ error: failureOf(reason) });
  }

  private addStep(event: string, payload: Record<string, unknown>): void {
    const artifact: Artifact | null = event === "artifact" ? artifactOf(payload) : null;
    if (artifact) return this.note({ artifacts: [...this.answer.artifacts, artifact] });
    const step: Step = { event, payload, atMs: this.elapsed() };
    const chosen = event === "route" ? payload.competitor_id : undefined;
    this.note({
      steps: [...this.answer.steps, step],
      ...(typeof chosen === "string" ? { competitor: chosen } : {}),
    });
  }

  private begun(): Partial<Answer> {
    if (this.answer.timing.firstMs !== undefined) return {};
    return { timing: { firstMs: this.elapsed() } };
  }

  private elapsed(): number {
    return performance.now() - this.sentAt;
  }

  private note(news: Partial<Answer>): void {
    this.answer = { ...this.answer, ...news };
    this.dirty = true;
  }
}

function withDelta(calls: Answer["toolCalls"], delta: ToolCallDelta): Answer["toolCalls"] {
  if (delta.index > calls.length) return calls; // calls come in order; a leap would leave holes
  const known = calls[delta.index] ?? { name: "", arguments: "" };
  const grown = {
    name: known.name + (delta.name ?? ""),
    arguments: known.arguments + (delta.arguments ?? ""),
  };
  return Object.assign([...calls], { [delta.index]: grown });
}

function failureOf(reason: unknown): Failure {
  if (reason instanceof GatewayError) return { message: reason.message, ...reason.fault };
  return { message: reason instanceof Error ? reason.message : String(reason) };
}
