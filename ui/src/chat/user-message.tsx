"use client";

import { Pencil } from "lucide-react";
import { memo, useState } from "react";
import { CopyButton } from "@/site/copy-button";
import { edit } from "./answering";
import { BranchSwitch } from "./branch-switch";
import { Editor } from "./editor";
import type { Message } from "./types";

export const UserMessage = memo(function UserMessage({ message }: { message: Message }) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    return (
      <Editor
        text={message.text}
        onCancel={() => setEditing(false)}
        onSend={(text) => {
          setEditing(false);
          void edit(message, text);
        }}
      />
    );
  }
  return (
    <article aria-label="You" className="group mt-6 flex flex-col items-end" data-testid="user-message">
      {message.images && <Pictures images={message.images} />}
      {message.text && (
        <p
          dir="auto"
          className="glass max-w-[85%] whitespace-pre-wrap rounded-3xl rounded-br-lg px-4 py-2.5 [overflow-wrap:anywhere]"
        >
          {message.text}
        </p>
      )}
      <div className="mt-1 flex items-center">
        <BranchSwitch message={message} />
        <button
          type="button"
          className="icon-btn"
          aria-label="Edit and ask again"
          onClick={() => setEditing(true)}
        >
          <Pencil size={16} aria-hidden />
        </button>
        <CopyButton text={message.text} label="Copy the question" />
      </div>
    </article>
  );
});

function Pictures({ images }: { images: NonNullable<Message["images"]> }) {
  return (
    <ul className="mb-2 flex flex-wrap justify-end gap-2">
      {images.map((image) => (
        <li key={image.url}>
          <img
            src={image.url}
            alt={image.name}
            width={image.width}
            height={image.height}
            className="h-36 w-auto rounded-2xl border border-line object-cover"
          />
        </li>
      ))}
    </ul>
  );
}
