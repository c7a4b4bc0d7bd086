import { beforeEach, expect, test, vi } from "vitest";
import * as answers from "@/chat/answering";
import { exported, importFrom } from "@/chat/backup";
import * as database from "@/chat/database";
import * as store from "@/chat/store";
import { pathTo } from "@/chat/tree";
import type { Message } from "@/chat/types";
import { answering, chunk, DONE } from "./answers";

const { useChat } = store;

beforeEach(async () => {
  await database.close();
  indexedDB.deleteDatabase("janus");
  localStorage.clear();
  useChat.setState({ ready: false, sessions: {}, currentId: null, messages: {}, model: "janus" });
  await store.load();
});

/** Reads everything anew, as a page does that was just opened. */
async function reloaded(sessionId: string): Promise<void> {
  useChat.setState({ sessions: {}, currentId: null, messages: {} });
  await store.load();
  await store.open(sessionId);
}

function inView(): Message[] {
  const { currentId, sessions, messages } = useChat.getState();
  const tree = messages[currentId ?? ""] ?? {};
  return pathTo(tree, sessions[currentId ?? ""]?.head ?? null).map((id) => tree[id] as Message);
}

function texts(): string[] {
  return inView().map((message) => message.text);
}

async function asked(question: string, answer: string): Promise<void> {
  answering(chunk({ content: answer }), chunk({}, "stop"), DONE);
  await answers.ask(question);
}

function current(): string {
  return useChat.getState().currentId as string;
}

test("a question makes a session that is named after it", async () => {
  await asked("What is a bull?\nSay it well.", "An animal.");
  expect(useChat.getState().sessions[current()]?.title).toBe("What is a bull?");
  expect(texts()).toEqual(["What is a bull?\nSay it well.", "An animal."]);
});

test("what was said is there after a reload", async () => {
  await asked("One", "1");
  await asked("Two", "2");
  await reloaded(current());
  expect(texts()).toEqual(["One", "1", "Two", "2"]);
});

test("the whole branch goes along with a question", async () => {
  await asked("One", "1");
  const sent = answering(chunk({ content: "2" }), DONE);
  await answers.ask("Two");
  expect(JSON.parse(String(sent.mock.calls[0]?.[1]?.body)).messages).toEqual([
    { role: "user", content: "One" },
    { role: "assistant", content: "1" },
    { role: "user", content: "Two" },
  ]);
});

test("pictures go along as parts", async () => {
  const sent = answering(DONE);
  await answers.ask("What is it?", [
    { name: "a.png", url: "data:image/png;base64,AA==", width: 1, height: 1 },
  ]);
  expect(JSON.parse(String(sent.mock.calls[0]?.[1]?.body)).messages[0].content).toEqual([
    { type: "text", text: "What is it?" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
  ]);
});

test("a retry is a branch beside the first answer", async () => {
  await asked("One", "1");
  answering(chunk({ content: "uno" }), DONE);
  const first = inView()[1] as Message;
  await answers.retry(first);
  expect(texts()).toEqual(["One", "uno"]);
  await store.showBranch(first);
  expect(texts()).toEqual(["One", "1"]);
});

test("an edited question is a branch, and the old one stays", async () => {
  await asked("One", "1");
  await asked("Two", "2");
  const first = inView()[0] as Message;
  answering(chunk({ content: "3" }), DONE);
  await answers.edit(first, "Three");
  expect(texts()).toEqual(["Three", "3"]);
  await store.showBranch(first);
  expect(texts()).toEqual(["One", "1", "Two", "2"]);
});

test("a branch can become a session of its own", async () => {
  await asked("One", "1");
  await asked("Two", "2");
  const before = current();
  await answers.branchOff(inView()[1] as Message);
  expect(current()).not.toBe(before);
  expect(texts()).toEqual(["One", "1"]);
  await reloaded(current());
  expect(texts()).toEqual(["One", "1"]);
});

test("a failed answer keeps what arrived and says why", async () => {
  answering(chunk({ content: "Hel" }), 'data: {"error": {"message": "It died.", "code": "x"}}\n\n');
  await answers.ask("One");
  expect(inView()[1]).toMatchObject({
    text: "Hel",
    answer: { status: "failed", error: { message: "It died." } },
  });
});

test("a stopped answer keeps what arrived", async () => {
  vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(chunk({ content: "Hel" })));
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return new Response(stream);
  });
  const answered = answers.ask("One");
  await vi.waitFor(() => expect(texts()[1]).toBe("Hel"));
  answers.stop(inView()[1]?.id as string);
  await answered;
  expect(inView()[1]).toMatchObject({ text: "Hel", answer: { status: "stopped" } });
});

test("an answer whose page went away is marked as interrupted", async () => {
  await asked("One", "1");
  const answer = inView()[1] as Message;
  await database.putMessages([
    { ...answer, answer: { ...(answer.answer as object), status: "streaming" } as never },
  ]);
  await reloaded(current());
  expect(inView()[1]?.answer?.status).toBe("interrupted");
});

test("what a closing page kept is there when the next one opens", async () => {
  await asked("One", "1");
  const answer = inView()[1] as Message;
  localStorage.setItem("janus.journal", JSON.stringify([{ ...answer, text: "1 and the rest" }]));
  await reloaded(current());
  expect(texts()).toEqual(["One", "1 and the rest"]);
  expect(localStorage.getItem("janus.journal")).toBeNull();
});

test("a session can be renamed, and not to nothing", async () => {
  await asked("One", "1");
  await store.rename(current(), "  Numbers ");
  await store.rename(current(), "   ");
  await reloaded(current());
  expect(useChat.getState().sessions[current()]?.title).toBe("Numbers");
});

test("a deleted session is gone with its messages", async () => {
  await asked("One", "1");
  const id = current();
  await store.remove(id);
  expect(await database.allSessions()).toEqual([]);
  expect(await database.messagesOf(id)).toEqual([]);
});

/** What another page does to a chat that this page has in view. */
async function askedElsewhere(question: string, answer: string): Promise<void> {
  const here = useChat.getState();
  await reloaded(here.currentId as string);
  await asked(question, answer);
  useChat.setState(here, true);
}

test("a question goes on from what another page has added", async () => {
  await asked("One", "1");
  await askedElsewhere("Two", "2");
  await asked("Three", "3");
  expect(texts()).toEqual(["One", "1", "Two", "2", "Three", "3"]);
  await reloaded(current());
  expect(texts()).toEqual(["One", "1", "Two", "2", "Three", "3"]);
});

test("what another page has added goes along with a question", async () => {
  await asked("One", "1");
  await askedElsewhere("Two", "2");
  const sent = answering(chunk({ content: "3" }), DONE);
  await answers.ask("Three");
  const { messages } = JSON.parse(String(sent.mock.calls[0]?.[1]?.body));
  expect(messages.map(({ content }: { content: string }) => content)).toEqual([
    "One",
    "1",
    "Two",
    "2",
    "Three",
  ]);
});

test("a question stays in the branch in view when another page turns to another", async () => {
  await asked("One", "1");
  const first = inView()[1] as Message;
  answering(chunk({ content: "uno" }), DONE);
  await answers.retry(first);
  const here = useChat.getState();
  await store.showBranch(first);
  useChat.setState(here, true);
  await asked("Two", "2");
  expect(texts()).toEqual(["One", "uno", "Two", "2"]);
});

test("two questions at once follow each other", async () => {
  await asked("One", "1");
  answering(chunk({ content: "x" }), DONE);
  await Promise.all([answers.ask("Two"), answers.ask("Three")]);
  expect(texts()).toEqual(["One", "1", "Two", "x", "Three", "x"]);
});

test("a rename does not undo what another page has added", async () => {
  await asked("One", "1");
  await askedElsewhere("Two", "2");
  await store.rename(current(), "Numbers");
  await reloaded(current());
  expect(texts()).toEqual(["One", "1", "Two", "2"]);
});

test.each([
  ["a rename", () => store.rename(current(), "Numbers")],
  ["another branch", () => store.showBranch(inView()[0] as Message)],
  ["an answer that goes on", () => database.putMessages([inView()[1] as Message])],
  ["a retry", () => answers.retry(inView()[1] as Message)],
])("a session that another page deleted does not come back with %s", async (_, act) => {
  await asked("One", "1");
  const id = current();
  await database.deleteSession(id);
  await act();
  expect(await database.allSessions()).toEqual([]);
  expect(await database.messagesOf(id)).toEqual([]);
});

test("a question in a session that another page deleted begins a new one", async () => {
  await asked("One", "1");
  const id = current();
  await database.deleteSession(id);
  await asked("Two", "2");
  expect(texts()).toEqual(["Two", "2"]);
  expect((await database.allSessions()).map((session) => session.id)).toEqual([current()]);
  expect(current()).not.toBe(id);
});

test("deleting a session stops its answer", async () => {
  const stopped = vi.fn();
  vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
    signal?.addEventListener("abort", stopped);
    return new Response(
      new ReadableStream({ start: (c) => signal?.addEventListener("abort", () => c.error()) }),
    );
  });
  const answered = answers.ask("One");
  await vi.waitFor(() => expect(texts()).toEqual(["One", ""]));
  await store.remove(current());
  await answered;
  expect(stopped).toHaveBeenCalledOnce();
  expect(useChat.getState().messages).toEqual({});
  expect(await database.allSessions()).toEqual([]);
});

test("a browser without randomUUID can ask, too", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  await asked("One", "1");
  vi.unstubAllGlobals();
  expect(current()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("sessions are found by what their messages say", async () => {
  await asked("One", "The RODEO begins");
  expect([...(await database.sessionsSaying("rodeo"))]).toEqual([current()]);
  expect([...(await database.sessionsSaying("circus"))]).toEqual([]);
});

test("an export can be imported where nothing is, and once", async () => {
  await asked("One", "1");
  const id = current();
  const file = await exported();
  await store.remove(id);
  expect(await importFrom(file)).toBe(1);
  expect(await importFrom(file)).toBe(0);
  await store.open(id);
  expect(texts()).toEqual(["One", "1"]);
});

test.each([
  ["what is no JSON", "{", "not JSON"],
  ["another program's file", '{"format": "other"}', "no chats of Janus"],
  ["a version of the future", '{"format": "janus-chats", "version": 2}', "version 2"],
  ["a damaged session", '{"format": "janus-chats", "version": 1, "sessions": [{}]}', "not whole"],
])("an import refuses %s", async (_, text, why) => {
  await expect(importFrom(new Blob([text]))).rejects.toThrow(why);
});
