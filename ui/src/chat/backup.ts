import { isRecord } from "@/gateway/errors";
import * as database from "./database";
import { load } from "./store";
import type { Message, Session } from "./types";

const FORMAT = "janus-chats";
const VERSION = 1;

interface Backup {
  format: typeof FORMAT;
  version: number;
  sessions: { session: Session; messages: Message[] }[];
}

/** Every session with its messages as a JSON file. */
export async function exported(): Promise<Blob> {
  const sessions = await database.allSessions();
  const backup: Backup = {
    format: FORMAT,
    version: VERSION,
    sessions: await Promise.all(
      sessions.map(async (session) => ({ session, messages: await database.messagesOf(session.id) })),
    ),
  };
  return new Blob([JSON.stringify(backup, null, 1)], { type: "application/json" });
}

/** Adds the sessions of an exported file; those that exist are left as they are. Gives their number. */
export async function importFrom(file: Blob): Promise<number> {
  const backup = parsed(await file.text());
  const known = new Set((await database.allSessions()).map((session) => session.id));
  const added = backup.sessions.filter(({ session }) => !known.has(session.id));
  for (const { session, messages } of added) await database.putWhole(session, messages);
  await load();
  return added.length;
}

function parsed(text: string): Backup {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("The file is not JSON.");
  }
  if (!isRecord(value) || value.format !== FORMAT) throw new Error("The file holds no chats of Janus.");
  if (value.version !== VERSION)
    throw new Error(`The file's version ${String(value.version)} is not known here.`);
  if (!Array.isArray(value.sessions) || !value.sessions.every(isWhole)) {
    throw new Error("The file is damaged: a session in it is not whole.");
  }
  return value as unknown as Backup;
}

function isWhole(entry: unknown): boolean {
  if (!isRecord(entry) || !isRecord(entry.session) || !Array.isArray(entry.messages)) return false;
  const { id, title, createdAt, updatedAt } = entry.session;
  const dated = typeof createdAt === "number" && typeof updatedAt === "number";
  return (
    typeof id === "string" &&
    typeof title === "string" &&
    dated &&
    entry.messages.every((one) => isMessage(one, id))
  );
}

function isMessage(value: unknown, sessionId: string): boolean {
  if (!isRecord(value) || typeof value.id !== "string" || value.sessionId !== sessionId) return false;
  const isText =
    typeof value.text === "string" && (value.parentId === null || typeof value.parentId === "string");
  return isText && (value.role === "user" || (value.role === "assistant" && isRecord(value.answer)));
}
