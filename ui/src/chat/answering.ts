import { type ChatRequest, streamChat } from "@/gateway/chat-stream";
import * as database from "./database";
import { Draft } from "./draft";
import { isLeaving, keepOnPageHide, noteDepartures } from "./journal";
import { append, lockOf, newSession, showMessage, useChat } from "./store";
import { pathTo } from "./tree";
import type { Message, Picture, Session } from "./types";

const SHOW_EVERY_MS = 64; // text comes faster than eyes and layout can follow
const STORE_EVERY_MS = 250;

const underWay = new Map<string, { draft: Draft; stop: AbortController }>();

/** To be called once in the life of a page. */
export function keepAnswersOnPageHide(): void {
  noteDepartures();
  keepOnPageHide(() => [...underWay.values()].map(({ draft }) => draft.message()));
}

/** Asks in the session in view, or in a new one. Resolves when the answer has ended. */
export async function ask(text: string, images: Picture[] = []): Promise<void> {
  const { currentId, sessions, model } = useChat.getState();
  const session = sessions[currentId ?? ""] ?? newSession(model, text);
  await askAfter(session, session.head, text, images);
}

/** Asks something else in place of an earlier question; the old branch stays. */
export async function edit(question: Message, text: string): Promise<void> {
  const session = useChat.getState().sessions[question.sessionId];
  if (session) await askAfter(session, question.parentId, text, question.images ?? []);
}

/** Has a question answered once more; the old answer stays as a branch. */
export async function retry(answer: Message): Promise<void> {
  const { sessions, model } = useChat.getState();
  const session = sessions[answer.sessionId];
  if (session && answer.parentId) await answerTo(session, answer.parentId, model, []);
}

/** Ends an answer where it stands; its competitor stops working. */
export function stop(messageId: string): void {
  underWay.get(messageId)?.stop.abort();
}

/** Copies a branch up to this message into a session of its own, and shows it. */
export async function branchOff(message: Message): Promise<void> {
  const { sessions, messages } = useChat.getState();
  const session = sessions[message.sessionId];
  const tree = messages[message.sessionId];
  if (!session || !tree) return;
  const copy = newSession(session.model, `${session.title} (branch)`);
  const copies = pathTo(tree, message.id).map((id) => ({ ...(tree[id] as Message), sessionId: copy.id }));
  await append(copy, copies);
}

async function askAfter(
  session: Session,
  parentId: string | null,
  text: string,
  images: Picture[],
): Promise<void> {
  const question: Message = {
    id: crypto.randomUUID(),
    sessionId: session.id,
    parentId,
    role: "user",
    createdAt: Date.now(),
    text,
    ...(images.length ? { images } : {}),
  };
  await answerTo(session, question.id, useChat.getState().model, [question]);
}

async function answerTo(session: Session, parentId: string, model: string, before: Message[]): Promise<void> {
  const draft = new Draft(session.id, parentId, model);
  const stop = new AbortController();
  underWay.set(draft.id, { draft, stop });
  try {
    await append(session, [...before, draft.message()]);
    await holding(lockOf(draft.id), () =>
      receive(draft, requestFor(session.id, parentId, model), stop.signal),
    );
  } finally {
    underWay.delete(draft.id);
  }
}

async function receive(draft: Draft, request: ChatRequest, signal: AbortSignal): Promise<void> {
  const showing = repeatedly(SHOW_EVERY_MS, () => draft.changed && showMessage(draft.message()));
  const storing = repeatedly(STORE_EVERY_MS, () => void database.putMessages([draft.message()]));
  try {
    for await (const event of streamChat(request, signal)) draft.add(event);
    draft.end("done");
  } catch (reason) {
    if (isLeaving()) draft.end("interrupted");
    else draft.fail(reason, signal.aborted);
  } finally {
    showing.stop();
    storing.stop();
    showMessage(draft.message());
    await database.putMessages([draft.message()]);
  }
}

/** The branch that ends with the question, as the API takes it. */
function requestFor(sessionId: string, questionId: string, model: string): ChatRequest {
  const tree = useChat.getState().messages[sessionId] ?? {};
  const messages = pathTo(tree, questionId).map((id) => {
    const { role, text, images } = tree[id] as Message;
    if (!images?.length) return { role, content: text };
    const pictures = images.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
    return { role, content: [...(text ? [{ type: "text" as const, text }] : []), ...pictures] };
  });
  return { model, messages };
}

async function holding(lock: string, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work(); // they need a secure context
  await navigator.locks.request(lock, work);
}

function repeatedly(everyMs: number, work: () => void): { stop: () => void } {
  const timer = setInterval(work, everyMs);
  return { stop: () => clearInterval(timer) };
}
