"use client";

import { useState } from "react";

/** A question while it is being changed. */
export function Editor({
  text,
  onSend,
  onCancel,
}: {
  text: string;
  onSend: (text: string) => void;
  onCancel: () => void;
}) {
  const [changed, setChanged] = useState(text);
  const send = () => changed.trim() && onSend(changed.trim());
  return (
    <form
      className="mt-6"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label="Your question"
        autoFocus
        rows={Math.min(12, changed.split("\n").length + 1)}
        className="field resize-y"
        value={changed}
        onChange={(event) => setChanged(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.nativeEvent.isComposing) {
            event.preventDefault(); // on the page, Escape would also stop an answer
            onCancel();
          }
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div className="mt-2 flex justify-end gap-2">
        <button type="button" className="btn btn-quiet" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="btn btn-primary" disabled={!changed.trim()}>
          Ask again
        </button>
      </div>
    </form>
  );
}
