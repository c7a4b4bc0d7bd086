import { create } from "zustand";
import * as database from "./database";
import { takeKept } from "./journal";
import { isHeld, lockOf, released } from "./locks";
import { newId } from "./new-id";
import { listen, type News, tell } from "./tabs";
import { type Messages, newestLeaf } from "./tree";
import type { Message, Session } from "./types";
import { isUnderWay, stopHere, stopIn } from "./under-way";

export const DEFAULT_MODEL = "janus";
const UNTITLED = "New chat";
const TITLE_LENGTH = 60;

interface ChatState {
  ready: boolean;
  sessions: Record<string, Session>;
  currentId: string | null;
  messages: Record<string, Messages>; // by session, of those that were opened
  model: string; // for the next question
}

export const useChat = create<ChatState>(() => ({
  ready: false,
  sessions: {},
  currentId: null,
  messages: {},
  model: DEFAULT_MODEL,
}));

const { getState: get, setState: set } = useChat;

/** Reads what is stored. To be awaited before anything else here is called. */
export async function load(): Promise<void> {
  await database.putMessages(takeKept());
  const sessions = await database.allSessions();
  set({ sessions: Object.fromEntries(sessions.map((session) => [session.id, session])), ready: true });
}

/** Brings a session into view; null shows an empty one that is stored with its first message. */
export async function open(sessionId: string | null): Promise<void> {
  const session = sessionId ? get().sessions[sessionId] : undefined;
  if (!session) return set({ currentId: null });
  if (!get().messages[session.id]) await readMessages(session.id);
  set({ currentId: session.id, model: session.model });
}

/** Reads a session's messages from the store; what this page itself receives is newer here. */
export async function readMessages(sessionId: string): Promise<void> {
  const stored = await database.messagesOf(sessionId);
  const settled = await Promise.all(stored.map(settle));
  set((state) => {
    const before = state.messages[sessionId] ?? {};
    const now = settled.map((message) => {
      const here = before[message.id];
      return [message.id, here && isUnderWay(message.id) ? here : message];
    });
    return { messages: { ...state.messages, [sessionId]: Object.fromEntries(now) } };
  });
}

/** A message as it is now: an answer whose page is gone was interrupted. */
async function settle(message: Message): Promise<Message> {
  if (message.answer?.status !== "streaming") return message;
  if (await isHeld(lockOf(message.id))) {
    void followToEnd(message);
    return message;
  }
  const interrupted: Message = { ...message, answer: { ...message.answer, status: "interrupted" } };
  void database.putMessages([interrupted]);
  return interrupted;
}

const followed = new Set<string>();

/** Shows the end of an answer that another page receives, also when that page closes in the middle. */
async function followToEnd({ sessionId, id }: Message): Promise<void> {
  if (!navigator.locks || followed.has(id) || isUnderWay(id)) return;
  followed.add(id);
  await released(lockOf(id));
  await database.putMessages(takeKept());
  const last = await database.messageAt(sessionId, id);
  if (last) showMessage(await settle(last));
}

/** Keeps what is in view here the same as in the browser's other pages. To be called once in the life of a page. */
export function followOtherPages(): void {
  listen(hear);
}

function hear(news: News): void {
  if (news.kind === "stop") return stopHere(news.messageId);
  if (news.kind === "deleted") return forget(news.sessionId);
  const { session, messages } = news;
  if (session) set((state) => ({ sessions: { ...state.sessions, [session.id]: session } }));
  for (const message of messages) {
    if (!get().messages[message.sessionId]) continue; // read from the store when it is opened
    showMessage(message);
    if (message.answer?.status === "streaming") void followToEnd(message);
  }
}

export function newSession(model: string, firstText: string): Session {
  const now = Date.now();
  const title = firstText.trim().split("\n")[0]?.slice(0, TITLE_LENGTH) || UNTITLED;
  return { id: newId(), title, model, head: null, createdAt: now, updatedAt: now };
}

/** Changes some fields of a session, here, in the store and in other pages. */
async function change(sessionId: string, fields: Partial<Session>): Promise<void> {
  const session = get().sessions[sessionId];
  if (!session) return;
  set((state) => ({ sessions: { ...state.sessions, [sessionId]: { ...session, ...fields } } }));
  const stored = await database.changeSession(sessionId, fields);
  if (stored) tell({ kind: "changed", session: stored, messages: [] });
  else forget(sessionId);
}

/** Shows a message as it is now, without storing it. One whose session was deleted is not shown. */
export function showMessage(message: Message): void {
  if (!get().sessions[message.sessionId]) return;
  set((state) => ({
    messages: {
      ...state.messages,
      [message.sessionId]: { ...state.messages[message.sessionId], [message.id]: message },
    },
  }));
}

/**
 * Adds messages to a session, new or known, and brings it into view. `make` gives the messages, from the id of the
 * last message of the branch in view, to which another page may have added. Gives false when the session was deleted.
 */
export async function append(session: Session, make: (end: string | null) => Message[]): Promise<boolean> {
  const known = session.id in get().sessions;
  const appended = known ? await database.append(session, make) : await begin(session, make(null));
  if (!appended) {
    forget(session.id);
    return false;
  }
  const { session: changed, messages, end } = appended;
  if (known && end !== session.head) await readMessages(session.id);
  set((state) => ({ sessions: { ...state.sessions, [changed.id]: changed }, currentId: changed.id }));
  for (const message of messages) showMessage(message);
  tell({ kind: "changed", session: changed, messages });
  return true;
}

async function begin(session: Session, messages: Message[]): Promise<database.Appended> {
  const whole = { ...session, head: messages.at(-1)?.id ?? null };
  await database.putWhole(whole, messages);
  return { session: whole, messages, end: null };
}

/** Stores a message as it is now and shows it to other pages. */
export async function keepMessage(message: Message): Promise<void> {
  await database.putMessages([message]);
  tell({ kind: "changed", messages: [message] });
}

export async function rename(sessionId: string, title: string): Promise<void> {
  if (title.trim()) await change(sessionId, { title: title.trim() });
}

/** Deletes a session, here and in other pages, and stops its answers. */
export async function remove(sessionId: string): Promise<void> {
  forget(sessionId);
  await database.deleteSession(sessionId);
  tell({ kind: "deleted", sessionId });
}

/** Takes a deleted session out of view. */
function forget(sessionId: string): void {
  stopIn(sessionId);
  set((state) => {
    const { [sessionId]: _session, ...sessions } = state.sessions;
    const { [sessionId]: _messages, ...messages } = state.messages;
    return { sessions, messages, currentId: state.currentId === sessionId ? null : state.currentId };
  });
}

/** Turns to the branch that goes through this message. */
export async function showBranch(message: Message): Promise<void> {
  const messages = get().messages[message.sessionId];
  if (messages) await change(message.sessionId, { head: newestLeaf(messages, message.id) });
}

/** Whom the next question goes to. */
export function chooseModel(model: string): void {
  set({ model });
  void change(get().currentId ?? "", { model });
}

/** Sessions, the one used last first. */
export function byRecency(sessions: Record<string, Session>): Session[] {
  return Object.values(sessions).sort((one, other) => other.updatedAt - one.updatedAt);
}
