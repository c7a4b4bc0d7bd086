"use client";

import { useEffect, useState } from "react";
import { listModels, type Model } from "./models";

const EVERY_MS = 15_000;
const WHILE_AWAY_MS = 2_500;

/** Whom one may ask, read again and again; sooner while the gateway is away. */
export function useModels(): { models: Model[]; reachable: boolean } {
  const [models, setModels] = useState<Model[]>([]);
  const [reachable, setReachable] = useState(true);
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      clearTimeout(timer);
      const read = await listModels(leaving.signal).catch(() => null);
      if (leaving.signal.aborted) return;
      if (read) setModels(read);
      setReachable(read !== null);
      timer = setTimeout(look, read ? EVERY_MS : WHILE_AWAY_MS);
    };
    void look();
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      leaving.abort();
      clearTimeout(timer);
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return { models, reachable };
}
