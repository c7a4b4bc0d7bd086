import { Sprout } from "lucide-react";
import type { ReactNode } from "react";

/** Stands where data will be, and says how it comes there. */
export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="glass rounded-3xl px-6 py-12 text-center" data-testid="empty">
      <Sprout size={34} aria-hidden className="mx-auto text-moss-text" />
      <p className="mt-4 font-display font-semibold text-2xl">{title}</p>
      <div className="mx-auto mt-2 max-w-2xl text-muted">{children}</div>
    </div>
  );
}
