import { X } from "lucide-react";
import type { Attachments } from "./use-attachments";

/** The pictures that will be sent, and what happened to them. */
export function AttachmentTray({ attachments }: { attachments: Attachments }) {
  const { pictures, problem, over } = attachments;
  const scaled = pictures.filter((picture) => picture.scaledFrom);
  return (
    <>
      {pictures.length > 0 && (
        <ul className="flex flex-wrap gap-2 p-2" aria-label="Pictures to send">
          {pictures.map((picture) => (
            <li key={picture.url} className="relative">
              <img
                src={picture.url}
                alt={picture.name}
                className="h-20 w-20 rounded-xl border border-line object-cover"
              />
              <button
                type="button"
                className="absolute -top-2 -right-2 grid size-7 place-items-center rounded-full border border-line-strong bg-raised"
                aria-label={`Remove ${picture.name}`}
                onClick={() => attachments.remove(picture)}
              >
                <X size={14} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <p role="status" className="px-3 text-sm empty:hidden">
        {over && <span className="text-moss-text">Drop the pictures here. </span>}
        {scaled.map((picture) => (
          <span key={picture.url} className="text-muted">
            {picture.name} was scaled to {picture.width}×{picture.height}.{" "}
          </span>
        ))}
        {problem && <span className="text-rose">{problem}</span>}
      </p>
    </>
  );
}
