import { PlugZap, UserX } from "lucide-react";
import type { Model } from "@/gateway/models";

/** Says when nobody could answer, before somebody asks. The live region stays, so that news is heard. */
export function GatewayBanner({ reachable, models }: { reachable: boolean; models: Model[] }) {
  const [Icon, text] = reachable
    ? [UserX, models.length === 1 ? "No competitor is registered: add one to competitors.yaml." : ""]
    : [PlugZap, "The gateway does not answer. Your chats are safe here; trying again every few seconds."];
  return (
    <div role="status" className="px-3 sm:px-6">
      {text && (
        <p className="mx-auto mb-2 flex max-w-3xl items-center gap-3 rounded-xl border border-amber/50 px-4 py-2.5 text-amber">
          <Icon size={18} aria-hidden className="shrink-0" /> {text}
        </p>
      )}
    </div>
  );
}
