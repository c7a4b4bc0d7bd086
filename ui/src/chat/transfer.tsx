"use client";

import { Download, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { exported, importFrom } from "./backup";
import { save } from "./save";

/** All sessions out to a file, and back in from one. */
export function Transfer() {
  const picker = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const take = async (file: File | undefined) => {
    if (!file) return;
    setSaid(await importFrom(file).then(count, (reason: Error) => reason.message));
  };
  return (
    <div className="border-line border-t p-3">
      <div className="flex gap-2">
        <button
          type="button"
          className="btn btn-quiet flex-1 px-3 text-sm"
          onClick={() => void exported().then((blob) => save(blob, `janus-chats-${today()}.json`))}
        >
          <Download size={16} aria-hidden /> Export
        </button>
        <button
          type="button"
          className="btn btn-quiet flex-1 px-3 text-sm"
          onClick={() => picker.current?.click()}
        >
          <Upload size={16} aria-hidden /> Import
        </button>
      </div>
      <input
        ref={picker}
        type="file"
        accept="application/json,.json"
        aria-label="File with exported sessions"
        className="hidden"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <p role="status" className="text-muted text-sm empty:hidden">
        {said}
      </p>
    </div>
  );
}

function count(sessions: number): string {
  return `${sessions} ${sessions === 1 ? "session" : "sessions"} imported.`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
