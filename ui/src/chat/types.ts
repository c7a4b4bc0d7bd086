import type { Usage } from "@/gateway/chat-stream";

/** A conversation. Its messages form a tree; `head` is the last message of the branch in view. */
export interface Session {
  id: string;
  title: string;
  model: string;
  head: string | null;
  createdAt: number; // milliseconds since 1970
  updatedAt: number;
}

export interface Message {
  id: string;
  sessionId: string;
  parentId: string | null;
  role: "user" | "assistant";
  createdAt: number; // milliseconds since 1970
  text: string;
  images?: Picture[];
  answer?: Answer; // of the assistant's messages only
}

/** A picture as it is sent. */
export interface Picture {
  name: string;
  url: string; // data:
  width: number;
  height: number;
  scaledFrom?: { width: number; height: number };
}

/** How an answer came about. */
export interface Answer {
  status: "streaming" | "done" | "stopped" | "interrupted" | "failed";
  model: string;
  competitor?: string;
  reasoning: string;
  refusal: string;
  steps: Step[];
  toolCalls: { name: string; arguments: string }[];
  artifacts: Artifact[];
  usage?: Usage;
  finishReason?: string;
  timing: { firstMs?: number; totalMs?: number }; // since the request was sent
  error?: Failure;
}

/** One of Janus's own events: the route, a tool, a sandbox. */
export interface Step {
  event: string;
  payload: Record<string, unknown>;
  atMs: number; // since the request was sent
}

export interface Artifact {
  id: string;
  type: string;
  mime_type: string;
  display_name: string;
  size_bytes: number;
  sha256: string;
  url: string;
}

export interface Failure {
  message: string;
  status?: number;
  code?: string;
  retryAfter?: number; // seconds
  requestId?: string;
}
