"use client";

import { useEffect } from "react";
import { prefill } from "./composer-text";
import { chooseModel, useChat } from "./store";

/**
 * Keeps the address and the session in view the same: `/chat?c=SESSION`. A link may also bring a question
 * and a model, `/chat?prompt=...&model=...`, which are filled in and not sent.
 */
export function useAddress(ready: boolean, open: (sessionId: string | null) => Promise<void>): void {
  const currentId = useChat((state) => state.currentId);
  useEffect(() => {
    if (!ready) return;
    const follow = () => open(new URLSearchParams(location.search).get("c"));
    void follow().then(takeWishes);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, [ready, open]);
  useEffect(() => {
    if (!ready || currentId === new URLSearchParams(location.search).get("c")) return;
    history.pushState(null, "", currentId ? `/chat?c=${currentId}` : "/chat");
  }, [ready, currentId]);
}

function takeWishes(): void {
  const wishes = new URLSearchParams(location.search);
  const [prompt, model] = [wishes.get("prompt"), wishes.get("model")];
  if (model) chooseModel(model);
  if (prompt) prefill(prompt);
  if (prompt || model) history.replaceState(null, "", "/chat");
}
