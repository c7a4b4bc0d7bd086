"use client";

import { useEffect, useRef, useState } from "react";
import { type Question, streamAnswer } from "./chat-stream";

const SHOW_EVERY_MS = 50;

export interface LiveAnswer {
  state: "none" | "streaming" | "done" | "stopped" | "failed";
  text: string;
  firstMs?: number; // since the request was sent
  totalMs?: number;
  problem?: string;
}

/** One answer that is shown and not kept. A new question, or leaving the page, stops it. */
export function useLiveAnswer() {
  const [answer, setAnswer] = useState<LiveAnswer>({ state: "none", text: "" });
  const stopping = useRef<AbortController>(null);
  useEffect(() => () => stopping.current?.abort(), []);

  const ask = async (question: Question): Promise<LiveAnswer> => {
    stopping.current?.abort();
    const stop = new AbortController();
    stopping.current = stop;
    const current = () => stopping.current === stop;
    const last = await received(question, stop.signal, (news) => current() && setAnswer(news));
    if (current()) setAnswer(last);
    return last;
  };
  return { answer, ask, stop: () => stopping.current?.abort() };
}

async function received(
  question: Question,
  signal: AbortSignal,
  show: (answer: LiveAnswer) => void,
): Promise<LiveAnswer> {
  const sent = performance.now();
  let answer: LiveAnswer = { state: "streaming", text: "" };
  const timer = setInterval(() => show(answer), SHOW_EVERY_MS);
  show(answer);
  try {
    for await (const event of streamAnswer(question, signal)) {
      if (event.kind !== "content") continue;
      const firstMs = answer.firstMs ?? performance.now() - sent;
      answer = { ...answer, text: answer.text + event.text, firstMs };
    }
    return { ...answer, state: "done", totalMs: performance.now() - sent };
  } catch (reason) {
    if (signal.aborted) return { ...answer, state: "stopped" };
    return { ...answer, state: "failed", problem: reason instanceof Error ? reason.message : String(reason) };
  } finally {
    clearInterval(timer);
  }
}
