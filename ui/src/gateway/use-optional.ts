"use client";

import { useEffect, useState } from "react";
import { type Optional, readOptional } from "./optional";

/** Reads once, when the page is there. `parse` must be the same function each time. */
export function useOptional<T>(path: string, parse: (body: unknown) => T): Optional<T> {
  const [state, setState] = useState<Optional<T>>({ kind: "asking" });
  useEffect(() => {
    const leaving = new AbortController();
    void readOptional(path, parse, leaving.signal).then((read) => leaving.signal.aborted || setState(read));
    return () => leaving.abort();
  }, [path, parse]);
  return state;
}
