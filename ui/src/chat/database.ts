import type { Message, Session } from "./types";

const NAME = "janus";
const VERSION = 1;
const SESSIONS = "sessions";
const MESSAGES = "messages";

let opened: Promise<IDBDatabase> | null = null;

export function allSessions(): Promise<Session[]> {
  return read(SESSIONS, (store) => store.getAll() as IDBRequest<Session[]>);
}

export function messagesOf(sessionId: string): Promise<Message[]> {
  return read(MESSAGES, (store) => store.getAll(rangeOf(sessionId)) as IDBRequest<Message[]>);
}

export function putSession(session: Session): Promise<void> {
  return write([SESSIONS], (stores) => stores(SESSIONS).put(session));
}

export function putMessages(messages: Message[]): Promise<void> {
  return write([MESSAGES], (stores) => {
    for (const message of messages) stores(MESSAGES).put(message);
  });
}

/** A session with all its messages, in one transaction. */
export function putWhole(session: Session, messages: Message[]): Promise<void> {
  return write([SESSIONS, MESSAGES], (stores) => {
    stores(SESSIONS).put(session);
    for (const message of messages) stores(MESSAGES).put(message);
  });
}

export function deleteSession(sessionId: string): Promise<void> {
  return write([SESSIONS, MESSAGES], (stores) => {
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

/** Forgets the connection, so that a test can begin anew. */
export async function close(): Promise<void> {
  (await opened)?.close();
  opened = null;
}

function rangeOf(sessionId: string): IDBKeyRange {
  return IDBKeyRange.bound([sessionId, ""], [sessionId, "\uffff"]);
}

async function read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const request = ask((await database()).transaction(name).objectStore(name));
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function write(
  names: string[],
  change: (stores: (name: string) => IDBObjectStore) => void,
): Promise<void> {
  const transaction = (await database()).transaction(names, "readwrite");
  change((name) => transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
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
