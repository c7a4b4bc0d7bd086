import { create } from "zustand";
import * as database from "./database";
import { takeKept } from "./journal";
import { type Messages, newestLeaf } from "./tree";
import type { Message, Session } from "./types";

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
  if (!get().messages[session.id]) {
    const stored = await database.messagesOf(session.id);
    const settled = await Promise.all(stored.map(settle));
    const messages = Object.fromEntries(settled.map((message) => [message.id, message]));
    set((state) => ({ messages: { ...state.messages, [session.id]: messages } }));
  }
  set({ currentId: session.id, model: session.model });
}

/** A message as it is now: an answer whose page is gone was interrupted. */
async function settle(message: Message): Promise<Message> {
  if (message.answer?.status !== "streaming" || (await isHeld(lockOf(message.id)))) return message;
  const interrupted: Message = { ...message, answer: { ...message.answer, status: "interrupted" } };
  void database.putMessages([interrupted]);
  return interrupted;
}

/** The lock that a page holds while it receives this answer. */
export function lockOf(messageId: string): string {
  return `janus.answer.${messageId}`;
}

async function isHeld(name: string): Promise<boolean> {
  const locks = await navigator.locks?.query();
  return locks?.held?.some((lock) => lock.name === name) ?? false;
}

export function newSession(model: string, firstText: string): Session {
  const now = Date.now();
  const title = firstText.trim().split("\n")[0]?.slice(0, TITLE_LENGTH) || UNTITLED;
  return { id: crypto.randomUUID(), title, model, head: null, createdAt: now, updatedAt: now };
}

/** Adds or changes a session, here and in the store. */
export function saveSession(session: Session): Promise<void> {
  set((state) => ({ sessions: { ...state.sessions, [session.id]: session } }));
  return database.putSession(session);
}

/** Shows a message as it is now, without storing it. */
export function showMessage(message: Message): void {
  set((state) => ({
    messages: {
      ...state.messages,
      [message.sessionId]: { ...state.messages[message.sessionId], [message.id]: message },
    },
  }));
}

/** Adds messages at the end of a session's branch in view. */
export async function append(session: Session, added: Message[]): Promise<Session> {
  const head = added.at(-1)?.id ?? session.head;
  const changed = { ...session, head, updatedAt: Date.now() };
  for (const message of added) showMessage(message);
  set((state) => ({ sessions: { ...state.sessions, [session.id]: changed }, currentId: session.id }));
  await database.putWhole(changed, added);
  return changed;
}

export async function rename(sessionId: string, title: string): Promise<void> {
  const session = get().sessions[sessionId];
  if (session && title.trim()) await saveSession({ ...session, title: title.trim() });
}

export async function remove(sessionId: string): Promise<void> {
  set((state) => {
    const { [sessionId]: _session, ...sessions } = state.sessions;
    const { [sessionId]: _messages, ...messages } = state.messages;
    return { sessions, messages, currentId: state.currentId === sessionId ? null : state.currentId };
  });
  await database.deleteSession(sessionId);
}

/** Turns to the branch that goes through this message. */
export async function showBranch(message: Message): Promise<void> {
  const session = get().sessions[message.sessionId];
  const messages = get().messages[message.sessionId];
  if (session && messages) await saveSession({ ...session, head: newestLeaf(messages, message.id) });
}

/** Whom the next question goes to. */
export function chooseModel(model: string): void {
  set({ model });
  const session = get().sessions[get().currentId ?? ""];
  if (session) void saveSession({ ...session, model });
}

/** Sessions, the one used last first. */
export function byRecency(sessions: Record<string, Session>): Session[] {
  return Object.values(sessions).sort((one, other) => other.updatedAt - one.updatedAt);
}
