"use client";

import { useEffect, useState } from "react";
import { type Optional, readOptional } from "./optional";

/** Reads when the page is there, and anew when `version` changes. `parse` must be the same function each time. */
export function useOptional<T>(path: string, parse: (body: unknown) => T, version = 0): Optional<T> {
  const [state, setState] = useState<Optional<T>>({ kind: "asking" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is a reason to read again
  useEffect(() => {
    const leaving = new AbortController();
    void readOptional(path, parse, leaving.signal).then((read) => leaving.signal.aborted || setState(read));
    return () => leaving.abort();
  }, [path, parse, version]);
  return state;
}
