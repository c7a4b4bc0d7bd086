import { type ChatRequest, streamChat } from "@/gateway/chat-stream";
import { Draft } from "./draft";
import { isLeaving, keepOnPageHide, noteDepartures } from "./journal";
import { holding, lockOf, released } from "./locks";
import { newId } from "./new-id";
import { append, keepMessage, newSession, readMessages, showMessage, useChat } from "./store";
import { tell } from "./tabs";
import { pathTo } from "./tree";
import type { Message, Picture, Session } from "./types";
import { begins, ends, isUnderWay, messagesUnderWay, stopHere } from "./under-way";

const SHOW_EVERY_MS = 64; // text comes faster than eyes and layout can follow
const STORE_EVERY_MS = 250;

/** To be called once in the life of a page. */
export function keepAnswersOnPageHide(): void {
  noteDepartures();
  keepOnPageHide(messagesUnderWay);
}

/**
 * Asks at the end of the session in view, or in a new one: also when another page has deleted the one in view.
 * Resolves when the answer has ended.
 */
export async function ask(text: string, images: Picture[] = []): Promise<void> {
  const { currentId, sessions, model } = useChat.getState();
  const session = sessions[currentId ?? ""];
  const asked = (where: Session) =>
    askIn(where, questionIn(where, text, images), (question, end) => ({ ...question, parentId: end }));
  if (!session || !(await asked(session))) await asked(newSession(model, text));
}

/** Asks something else in place of an earlier question; the old branch stays. */
export async function edit(question: Message, text: string): Promise<void> {
  const session = useChat.getState().sessions[question.sessionId];
  if (!session) return;
  const changed = questionIn(session, text, question.images ?? []);
  await askIn(session, changed, (one) => ({ ...one, parentId: question.parentId }));
}

/** Has a question answered once more; the old answer stays as a branch. */
export async function retry(answer: Message): Promise<void> {
  const session = useChat.getState().sessions[answer.sessionId];
  if (session && answer.parentId) await answerTo(session, answer.parentId, () => []);
}

/** Ends an answer where it stands, whichever page receives it; its competitor stops working. */
export function stop(messageId: string): void {
  if (isUnderWay(messageId)) stopHere(messageId);
  else tell({ kind: "stop", messageId });
}

/** Copies a branch up to this message into a session of its own, and shows it. */
export async function branchOff(message: Message): Promise<void> {
  const { sessions, messages } = useChat.getState();
  const session = sessions[message.sessionId];
  const tree = messages[message.sessionId];
  if (!session || !tree) return;
  const copy = newSession(session.model, `${session.title} (branch)`);
  const copies = pathTo(tree, message.id).map((id) => ({ ...(tree[id] as Message), sessionId: copy.id }));
  await append(copy, () => copies);
}

function questionIn(session: Session, text: string, images: Picture[]): Message {
  return {
    id: newId(),
    sessionId: session.id,
    parentId: null,
    role: "user",
    createdAt: Date.now(),
    text,
    ...(images.length ? { images } : {}),
  };
}

function askIn(
  session: Session,
  question: Message,
  place: (question: Message, end: string | null) => Message,
): Promise<boolean> {
  return answerTo(session, question.id, (end) => [place(question, end)]);
}

/** Has a question answered, which `before` adds unless it is there. Gives false when the session was deleted. */
async function answerTo(
  session: Session,
  questionId: string,
  before: (end: string | null) => Message[],
): Promise<boolean> {
  const { model } = useChat.getState();
  const draft = new Draft(session.id, questionId, model);
  const stop = new AbortController();
  let there = false;
  begins({ draft, sessionId: session.id, stop });
  try {
    await holding(lockOf(draft.id), async () => {
      there = await append({ ...session, model }, (end) => [...before(end), draft.message()]);
      if (there)
        await receive(draft, () => requestFor(session.id, questionId, model, stop.signal), stop.signal);
    });
  } finally {
    ends(draft.id);
  }
  return there;
}

async function receive(
  draft: Draft,
  request: () => Promise<ChatRequest>,
  signal: AbortSignal,
): Promise<void> {
  const showing = repeatedly(SHOW_EVERY_MS, () => draft.changed && showMessage(draft.message()));
  const storing = repeatedly(STORE_EVERY_MS, () => {
    const message = draft.message();
    showMessage(message); // taking the message marks the draft as unchanged: what is stored must be shown too
    void keepMessage(message);
  });
  try {
    for await (const event of streamChat(await request(), signal)) draft.add(event);
    draft.end("done");
  } catch (reason) {
    if (isLeaving()) draft.end("interrupted");
    else draft.fail(reason, signal.aborted);
  } finally {
    showing.stop();
    storing.stop();
    showMessage(draft.message());
    await keepMessage(draft.message());
  }
}

/** The branch that ends with the question, as the API takes it, once the answers in it have ended. */
async function requestFor(
  sessionId: string,
  questionId: string,
  model: string,
  signal: AbortSignal,
): Promise<ChatRequest> {
  const treeNow = () => useChat.getState().messages[sessionId] ?? {};
  const coming = pathTo(treeNow(), questionId).filter((id) => treeNow()[id]?.answer?.status === "streaming");
  for (const id of coming) await released(lockOf(id), signal); // another page asked just before
  if (coming.length) await readMessages(sessionId);
  const tree = treeNow();
  const messages = pathTo(tree, questionId).map((id) => {
    const { role, text, images } = tree[id] as Message;
    if (!images?.length) return { role, content: text };
    const pictures = images.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
    return { role, content: [...(text ? [{ type: "text" as const, text }] : []), ...pictures] };
  });
  return { model, messages };
}

function repeatedly(everyMs: number, work: () => void): { stop: () => void } {
  const timer = setInterval(work, everyMs);
  return { stop: () => clearInterval(timer) };
}
