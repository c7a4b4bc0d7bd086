import type { Message, Session } from "./types";

/** What a page tells the browser's other pages, after it has been stored. */
export type News =
  | { kind: "changed"; session?: Session; messages: Message[] }
  | { kind: "deleted"; sessionId: string }
  | { kind: "stop"; messageId: string };

const NAME = "janus.chats";

let channel: BroadcastChannel | null = null;

export function tell(news: News): void {
  opened().postMessage(news);
}

export function listen(hear: (news: News) => void): void {
  opened().onmessage = (event: MessageEvent<News>) => hear(event.data);
}

function opened(): BroadcastChannel {
  channel ??= new BroadcastChannel(NAME);
  return channel;
}
