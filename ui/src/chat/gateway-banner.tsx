import { PlugZap, UserX } from "lucide-react";
import type { Model } from "@/gateway/models";

const AWAY = "The gateway does not answer. Your chats are safe here; trying again every few seconds.";
const NONE = "No competitor is registered: add one to competitors.yaml.";
const NONE_HEALTHY = "No competitor is healthy now, so questions will fail. Looking again every few seconds.";

/** Says when nobody could answer, before somebody asks. The live region stays, so that news is heard. */
export function GatewayBanner({ reachable, models }: { reachable: boolean; models: Model[] }) {
  const [Icon, text] = reachable ? [UserX, nobody(models)] : [PlugZap, AWAY];
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

/** Why none of them would answer; empty when one would, or when they are not known yet. */
function nobody(models: Model[]): string {
  if (models.length === 1) return NONE;
  return models.length && models.every(({ janus }) => janus.state !== "healthy") ? NONE_HEALTHY : "";
}
