"use client";

import { useEffect, useState } from "react";
import { sessionsSaying } from "./database";
import type { Session } from "./types";

const PAUSE_MS = 150; // between the last key and the look into the messages

/** The sessions whose title or messages hold the query; all of them for none. */
export function useSearch(sessions: Session[], query: string): Session[] {
  const wanted = query.trim().toLowerCase();
  const [saying, setSaying] = useState<Set<string>>(new Set());
  useEffect(() => {
    setSaying(new Set());
    if (!wanted) return;
    let left = false;
    const timer = setTimeout(
      () => void sessionsSaying(wanted).then((found) => left || setSaying(found)),
      PAUSE_MS,
    );
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [wanted]);
  if (!wanted) return sessions;
  return sessions.filter(({ id, title }) => title.toLowerCase().includes(wanted) || saying.has(id));
}
