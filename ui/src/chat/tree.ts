import type { Message } from "./types";

export type Messages = Record<string, Message>;

/** The ids from the first message to `head`. */
export function pathTo(messages: Messages, head: string | null): string[] {
  const path: string[] = [];
  for (let next = messages[head ?? ""]; next; next = messages[next.parentId ?? ""]) path.push(next.id);
  return path.reverse();
}

/** The messages that stand at the same place in other branches, the given one included, oldest first. */
export function siblingsOf(messages: Messages, message: Message): string[] {
  return Object.values(messages)
    .filter((other) => other.parentId === message.parentId && other.role === message.role)
    .sort((one, other) => one.createdAt - other.createdAt)
    .map((other) => other.id);
}

/** The newest end of the branch that goes through `id`. */
export function newestLeaf(messages: Messages, id: string): string {
  const newest = Object.values(messages)
    .filter((message) => message.parentId === id)
    .reduce<Message | null>((best, next) => (best && best.createdAt >= next.createdAt ? best : next), null);
  return newest ? newestLeaf(messages, newest.id) : id;
}
