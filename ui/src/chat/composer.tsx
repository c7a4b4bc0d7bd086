"use client";

import { ArrowUp, ImagePlus, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { preloadMarkdown } from "@/markdown/markdown";
import { useLive } from "@/site/use-live";
import { ask, stop } from "./answering";
import { AttachmentTray } from "./attachment-tray";
import { COMPOSER_ID, focusComposer, prefill, useComposer } from "./composer-text";
import { useChat } from "./store";
import { useAttachments } from "./use-attachments";

const TALLEST_PX = 240;
/** How long Send stays disabled in the place where Stop was, for a click that was meant for Stop. */
const STOP_TO_SEND_MS = 600;

/** Where one asks: text, and pictures by button, paste or drop. */
export function Composer() {
  const text = useComposer((state) => state.text);
  const answering = useAnswering();
  const justEnded = useJustEnded(answering);
  const live = useLive();
  const ready = useChat((state) => state.ready);
  const attachments = useAttachments();
  const picker = useRef<HTMLInputElement>(null);
  const area = useTextArea(text);
  const empty = !text.trim() && !attachments.pictures.length;
  useEffect(() => {
    if (!empty) preloadMarkdown(); // an answer is to be expected; before that, the page has better to do
  }, [empty]);

  const send = () => {
    if (empty || answering || !ready || attachments.busy) return;
    void ask(text.trim(), attachments.take());
    prefill("");
  };
  return (
    <form
      className="mx-auto w-full max-w-3xl px-3 pb-3 sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div
        className={`glass rounded-3xl p-2 transition-colors focus-within:border-moss-text ${attachments.over ? "border-moss-text" : ""}`}
      >
        <AttachmentTray attachments={attachments} />
        <textarea
          ref={area}
          id={COMPOSER_ID}
          rows={1}
          dir="auto"
          aria-label="Message"
          placeholder="Ask anything"
          className="block max-h-60 w-full resize-none bg-transparent px-3 py-2 text-base outline-none placeholder:text-muted"
          value={text}
          disabled={!live}
          onChange={(event) => useComposer.setState({ text: event.target.value })}
          onPaste={(event) => {
            const files = [...event.clipboardData.files];
            if (!files.length) return;
            event.preventDefault();
            void attachments.add(files);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <div className="flex items-center justify-between">
          <button
            type="button"
            className="icon-btn"
            aria-label="Add pictures"
            onClick={() => picker.current?.click()}
          >
            <ImagePlus size={20} aria-hidden />
          </button>
          <input
            ref={picker}
            type="file"
            accept="image/*"
            multiple
            aria-label="Pictures to add"
            className="hidden"
            onChange={(event) => {
              void attachments.add([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          {/* Distinct keys: as one element, Stop would turn into Send during the click and submit the form. */}
          {answering ? (
            <button
              key="stop"
              type="button"
              className="grid size-10 place-items-center rounded-full bg-text text-ink"
              aria-label="Stop the answer"
              onClick={() => {
                stop(answering);
                focusComposer(); // the button goes, and the focus would go with it
              }}
            >
              <Square size={15} aria-hidden fill="currentColor" />
            </button>
          ) : (
            <button
              key="send"
              type="submit"
              className="btn-primary grid size-10 place-items-center rounded-full"
              aria-label="Send"
              disabled={empty || !ready || attachments.busy || justEnded}
            >
              <ArrowUp size={20} aria-hidden />
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

/** The answer that is coming in the session in view, if one is. */
function useAnswering(): string | null {
  return useChat(({ currentId, sessions, messages }) => {
    const head = sessions[currentId ?? ""]?.head ?? "";
    return messages[currentId ?? ""]?.[head]?.answer?.status === "streaming" ? head : null;
  });
}

/** Whether an answer has ended a moment ago, so that a late or second click on Stop may hit Send. */
function useJustEnded(answering: string | null): boolean {
  const [before, setBefore] = useState(answering);
  const [justEnded, setJustEnded] = useState(false);
  if (before !== answering) {
    // During the render, so that Send is never enabled before an effect has run.
    setBefore(answering);
    setJustEnded(before !== null && answering === null);
  }
  useEffect(() => {
    if (!justEnded) return;
    const timer = setTimeout(() => setJustEnded(false), STOP_TO_SEND_MS);
    return () => clearTimeout(timer);
  }, [justEnded]);
  return justEnded;
}

/** A text area as tall as its text, which takes the focus when somebody asks for it. */
function useTextArea(text: string) {
  const area = useRef<HTMLTextAreaElement>(null);
  const focusAsked = useComposer((state) => state.focusAsked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what makes it taller
  useEffect(() => {
    if (!area.current) return;
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(area.current.scrollHeight, TALLEST_PX)}px`;
  }, [text]);
  useEffect(() => {
    if (focusAsked) area.current?.focus();
  }, [focusAsked]);
  return area;
}
