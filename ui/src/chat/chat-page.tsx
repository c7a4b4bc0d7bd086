"use client";

import { Keyboard, PanelLeft } from "lucide-react";
import { useEffect, useState } from "react";
import { useModels } from "@/gateway/use-models";
import { keepAnswersOnPageHide } from "./answering";
import { Composer } from "./composer";
import { GatewayBanner } from "./gateway-banner";
import { MessageList } from "./message-list";
import { ModelPicker } from "./model-picker";
import { ShortcutsDialog, useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { followOtherPages, load, open, useChat } from "./store";
import { useAddress } from "./use-address";
import { Welcome } from "./welcome";

/** The whole of /chat: sessions beside the conversation in view. */
export function ChatPage() {
  const ready = useStored();
  const { models, reachable } = useModels();
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const currentId = useChat((state) => state.currentId);
  const title = useChat((state) => state.sessions[state.currentId ?? ""]?.title);
  useShortcuts({ showHelp: () => setHelp(true), showSessions: () => setDrawer(true) });

  return (
    <div className="flex h-[calc(100dvh-3.5rem-1px)] overflow-hidden">
      <Sidebar open={drawer} onClose={() => setDrawer(false)} />
      <main id="main" className="relative flex min-w-0 flex-1 flex-col" data-ready={ready || undefined}>
        <div className="flex h-13 items-center gap-1 px-2 sm:px-4">
          <button
            type="button"
            className="icon-btn lg:hidden"
            aria-label="Show the sessions"
            aria-expanded={drawer}
            onClick={() => setDrawer(true)}
          >
            <PanelLeft size={19} aria-hidden />
          </button>
          <h1 className="min-w-0 flex-1 truncate px-1 font-semibold">{title ?? "New chat"}</h1>
          <ModelPicker models={models} />
          <button
            type="button"
            className="icon-btn max-sm:hidden"
            aria-label="Keyboard shortcuts"
            onClick={() => setHelp(true)}
          >
            <Keyboard size={19} aria-hidden />
          </button>
        </div>
        <GatewayBanner reachable={reachable} models={models} />
        {currentId ? <MessageList key={currentId} sessionId={currentId} /> : <Welcome />}
        <Composer />
      </main>
      <ShortcutsDialog open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

let loading: Promise<void> | null = null;

/** Reads what the browser keeps, once in the life of the page, and follows the address from then on. */
function useStored(): boolean {
  const ready = useChat((state) => state.ready);
  useEffect(() => {
    if (!loading) {
      keepAnswersOnPageHide();
      followOtherPages();
    }
    loading ??= load();
  }, []);
  useAddress(ready, open);
  return ready;
}
