import type { Message, Session } from "./types";

const NAME = "janus";
const VERSION = 1;
const SESSIONS = "sessions";
const MESSAGES = "messages";

let opened: Promise<IDBDatabase> | null = null;

export function messageAt(sessionId: string, id: string): Promise<Message | undefined> {
  return read(MESSAGES, (store) => store.get([sessionId, id]) as IDBRequest<Message | undefined>);
}

export function allSessions(): Promise<Session[]> {
  return read(SESSIONS, (store) => store.getAll() as IDBRequest<Session[]>);
}

export function messagesOf(sessionId: string): Promise<Message[]> {
  return read(MESSAGES, (store) => store.getAll(rangeOf(sessionId)) as IDBRequest<Message[]>);
}

/** Changes some fields of a stored session. Gives undefined, and stores nothing, when it has been deleted. */
export function changeSession(sessionId: string, fields: Partial<Session>): Promise<Session | undefined> {
  return write([SESSIONS], async (stores) => {
    const stored = await result<Session | undefined>(stores(SESSIONS).get(sessionId));
    if (!stored) return undefined;
    const changed = { ...stored, ...fields };
    stores(SESSIONS).put(changed);
    return changed;
  });
}

/** Adds or replaces messages; those of a session that has been deleted are not stored. */
export function putMessages(messages: Message[]): Promise<void> {
  return write([SESSIONS, MESSAGES], async (stores) => {
    for (const message of messages) {
      if (await result(stores(SESSIONS).getKey(message.sessionId))) stores(MESSAGES).put(message);
    }
  });
}

export interface Appended {
  session: Session;
  messages: Message[];
  end: string | null; // the message that they were added after, when they follow the branch in view
}

/**
 * Adds messages to a stored session. One transaction reads and writes, so that of two pages which do so at once the
 * second goes on from what the first added.
 *
 * @param seen the session as the caller knows it
 * @param make gives the messages, from the id of the last message of the branch in view as it is now
 * @returns undefined when the session has been deleted
 */
export function append(
  seen: Session,
  make: (end: string | null) => Message[],
): Promise<Appended | undefined> {
  return write([SESSIONS, MESSAGES], async (stores) => {
    const stored = await result<Session | undefined>(stores(SESSIONS).get(seen.id));
    if (!stored) return undefined;
    const goesOn = await isAfter(stores(MESSAGES), stored, seen.head);
    const end = goesOn ? stored.head : seen.head;
    const messages = make(end);
    const head = messages.at(-1)?.id ?? end;
    const session = { ...stored, model: seen.model, head, updatedAt: Date.now() };
    stores(SESSIONS).put(session);
    for (const message of messages) stores(MESSAGES).put(message);
    return { session, messages, end };
  });
}

/** Whether a session's branch in view goes through `messageId`; every branch does through null. */
async function isAfter(
  messages: IDBObjectStore,
  session: Session,
  messageId: string | null,
): Promise<boolean> {
  for (let id = session.head; id !== messageId; ) {
    if (!id) return false;
    const message = await result<Message | undefined>(messages.get([session.id, id]));
    id = message?.parentId ?? null;
  }
  return true;
}

/** A session with all its messages, in one transaction. */
export function putWhole(session: Session, messages: Message[]): Promise<void> {
  return write([SESSIONS, MESSAGES], async (stores) => {
    stores(SESSIONS).put(session);
    for (const message of messages) stores(MESSAGES).put(message);
  });
}

export function deleteSession(sessionId: string): Promise<void> {
  return write([SESSIONS, MESSAGES], async (stores) => {
    stores(SESSIONS).delete(sessionId);
    stores(MESSAGES).delete(rangeOf(sessionId));
  });
}

/** The sessions in which a message holds `text`, whatever its case. */
export async function sessionsSaying(text: string): Promise<Set<string>> {
  const wanted = text.toLowerCase();
  const found = new Set<string>();
  const store = (await database()).transaction(MESSAGES).objectStore(MESSAGES);
  await new Promise<void>((resolve, reject) => {
    const cursor = store.openCursor();
    cursor.onerror = () => reject(cursor.error);
    cursor.onsuccess = () => {
      if (!cursor.result) return resolve();
      const message = cursor.result.value as Message;
      if (message.text.toLowerCase().includes(wanted)) found.add(message.sessionId);
      cursor.result.continue();
    };
  });
  return found;
}

/** Forgets the connection, so that a test can start with an empty database. */
export async function close(): Promise<void> {
  (await opened)?.close();
  opened = null;
}

function rangeOf(sessionId: string): IDBKeyRange {
  return IDBKeyRange.bound([sessionId, ""], [sessionId, "\uffff"]);
}

async function read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return result(ask((await database()).transaction(name).objectStore(name)));
}

/** Runs `change` in one transaction, in which it may wait for requests to the stores and for nothing else. */
async function write<T>(
  names: string[],
  change: (stores: (name: string) => IDBObjectStore) => Promise<T>,
): Promise<T> {
  const transaction = (await database()).transaction(names, "readwrite");
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const [changed] = await Promise.all([change((name) => transaction.objectStore(name)), committed]);
  return changed;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(SESSIONS, { keyPath: "id" });
      request.result.createObjectStore(MESSAGES, { keyPath: ["sessionId", "id"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}
