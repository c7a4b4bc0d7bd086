"use client";

import { Check, ChevronDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Model } from "@/gateway/models";
import { chooseModel, useChat } from "./store";

const DOTS: Record<string, string> = { healthy: "bg-moss", unhealthy: "bg-rose", ejected: "bg-amber" };

/** Whom the next question goes to: the router's choice, or one competitor. A list box after the ARIA pattern. */
export function ModelPicker({ models }: { models: Model[] }) {
  const chosen = useChat((state) => state.model);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (!open) return;
    list.current?.focus();
    const outside = (event: PointerEvent) => box.current?.contains(event.target as Node) || setOpen(false);
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);

  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (model: Model | undefined) => {
    if (model) chooseModel(model.id);
    close();
  };
  const pressed = (event: React.KeyboardEvent) => {
    const last = models.length - 1;
    const to = { ArrowDown: Math.min(last, at + 1), ArrowUp: Math.max(0, at - 1), Home: 0, End: last }[
      event.key
    ];
    if (to !== undefined) setAt(to);
    else if (event.key === "Enter" || event.key === " ") choose(models[at]);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
  };
  const current = models.find((model) => model.id === chosen);
  return (
    <div ref={box} className="relative">
      <button
        ref={button}
        type="button"
        className="flex min-h-10 max-w-44 items-center gap-2 rounded-xl border border-line px-3 text-sm hover:border-moss-text sm:max-w-64"
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-label={`Competitor: ${chosen}`}
        onClick={() => {
          setAt(
            Math.max(
              0,
              models.findIndex((model) => model.id === chosen),
            ),
          );
          setOpen(!open);
        }}
      >
        <Dot state={current?.janus.state ?? ""} />
        <span className="truncate font-code">{chosen}</span>
        <ChevronDown size={15} aria-hidden className="shrink-0 text-muted" />
      </button>
      {open && (
        <ul
          ref={list}
          role="listbox"
          tabIndex={0}
          aria-label="Competitors"
          aria-activedescendant={models[at] ? optionId(at) : undefined}
          className="absolute right-0 z-30 mt-2 max-h-96 w-80 max-w-[calc(100vw-1.5rem)] overflow-y-auto rounded-2xl border border-line-strong bg-raised p-1.5 shadow-2xl outline-none"
          onKeyDown={pressed}
        >
          {models.map((model, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
            <li
              key={model.id}
              id={optionId(index)}
              role="option"
              tabIndex={-1}
              aria-selected={model.id === chosen}
              className={`flex gap-3 rounded-xl px-3 py-2.5 ${index === at ? "bg-well" : ""}`}
              onPointerMove={() => setAt(index)}
              onClick={() => choose(model)}
            >
              <span className="mt-2">
                <Dot state={model.janus.state} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-code text-sm">{model.id}</span>
                <span className="block text-muted text-sm">
                  {model.janus.state}
                  {model.janus.description && ` · ${model.janus.description}`}
                </span>
              </span>
              {model.id === chosen && <Check size={17} aria-hidden className="mt-1 text-moss-text" />}
            </li>
          ))}
          {!models.length && <li className="px-3 py-2.5 text-muted text-sm">The gateway lists nobody.</li>}
        </ul>
      )}
    </div>
  );
}

function optionId(index: number): string {
  return `competitor-${index}`;
}

function Dot({ state }: { state: string }) {
  return <span aria-hidden className={`block size-2 shrink-0 rounded-full ${DOTS[state] ?? "bg-muted"}`} />;
}
