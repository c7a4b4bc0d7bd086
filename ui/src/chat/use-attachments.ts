"use client";

import { useCallback, useEffect, useState } from "react";
import { pictureOf } from "./picture";
import type { Picture } from "./types";

const MOST = 8;

export interface Attachments {
  pictures: Picture[];
  busy: boolean;
  over: boolean; // something is being dragged over the page
  problem: string;
  add: (files: File[]) => Promise<void>;
  remove: (picture: Picture) => void;
  take: () => Picture[];
}

/** The pictures that go with the next question. Files may also be dropped anywhere on the page. */
export function useAttachments(): Attachments {
  const [pictures, setPictures] = useState<Picture[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const add = useCallback(async (files: File[]) => {
    setBusy(true);
    setProblem("");
    for (const file of files) {
      try {
        const picture = await pictureOf(file);
        setPictures((known) => (known.length < MOST ? [...known, picture] : known));
      } catch (reason) {
        setProblem(reason instanceof Error ? reason.message : String(reason));
      }
    }
    if (files.length > MOST) setProblem(`At most ${MOST} pictures go with one question.`);
    setBusy(false);
  }, []);
  const over = useDrop(add);
  return {
    pictures,
    busy,
    over,
    problem,
    add,
    remove: (picture) => setPictures((known) => known.filter((other) => other !== picture)),
    take: () => {
      setPictures([]);
      setProblem("");
      return pictures;
    },
  };
}

function useDrop(add: (files: File[]) => Promise<void>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const dragged = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const dropped = (event: DragEvent) => {
      setOver(false);
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      void add([...event.dataTransfer.files]);
    };
    addEventListener("dragover", dragged);
    addEventListener("dragleave", left);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", dragged);
      removeEventListener("dragleave", left);
      removeEventListener("drop", dropped);
    };
  }, [add]);
  return over;
}
