"use client";

import { BadgeCheck, Download, FileQuestion, FileText, FileX, LoaderCircle } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { type Fetched, fetchArtifact, isPicture, type Verdict } from "./artifact";
import { save } from "./save";
import type { Artifact } from "./types";

const PREVIEW_BYTES = 8 * 1024 * 1024;

type State =
  | { kind: "idle" | "fetching" }
  | { kind: "failed"; why: string }
  | ({ kind: "fetched" } & Fetched);

/** A file that an answer brought along. What does not have the promised hash is not saved. */
export function ArtifactCard({ artifact }: { artifact: Artifact }) {
  const { state, fetchOnce } = useArtifact(artifact);
  const preview = usePreview(artifact, state);
  const download = async () => {
    const fetched = await fetchOnce();
    if (fetched && fetched.verdict !== "differs") save(fetched.blob, artifact.display_name);
  };
  return (
    <div className="glass overflow-hidden rounded-2xl" data-testid="artifact">
      {preview && (
        <img src={preview} alt={artifact.display_name} className="max-h-72 w-full bg-well object-contain" />
      )}
      <div className="flex items-center gap-3 p-4">
        {!preview && <FileText size={26} aria-hidden className="shrink-0 text-teal" />}
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold" title={artifact.display_name}>
            <bdi>{artifact.display_name}</bdi>
          </p>
          <p className="text-muted text-sm">
            {[artifact.mime_type, artifact.size_bytes ? bytes(artifact.size_bytes) : ""]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <div role="status" className="mt-1 text-sm">
            <Badge state={state} />
          </div>
        </div>
        <button
          type="button"
          className="icon-btn"
          aria-label={`Download ${artifact.display_name}`}
          disabled={state.kind === "fetching"}
          onClick={() => void download()}
        >
          {state.kind === "fetching" ? (
            <LoaderCircle size={19} aria-hidden className="animate-spin" />
          ) : (
            <Download size={19} aria-hidden />
          )}
        </button>
      </div>
    </div>
  );
}

/** Fetches at the first wish, a picture at once; a failure may be tried again. */
function useArtifact(artifact: Artifact) {
  const [state, setState] = useState<State>({ kind: "idle" });
  const get = useCallback(async (): Promise<Fetched | null> => {
    setState({ kind: "fetching" });
    try {
      const fetched = await fetchArtifact(artifact);
      setState({ kind: "fetched", ...fetched });
      return fetched;
    } catch (reason) {
      setState({ kind: "failed", why: reason instanceof Error ? reason.message : String(reason) });
      return null;
    }
  }, [artifact]);
  useEffect(() => {
    if (isPicture(artifact) && artifact.size_bytes <= PREVIEW_BYTES) void get();
  }, [artifact, get]);
  const fetchOnce = async () => (state.kind === "fetched" ? state : get());
  return { state, fetchOnce };
}

/** The address of a picture whose bytes proved right. */
function usePreview(artifact: Artifact, state: State): string | null {
  const blob =
    state.kind === "fetched" && state.verdict !== "differs" && isPicture(artifact) ? state.blob : null;
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return blob && url;
}

const VERDICTS: Record<Verdict, string> = {
  matches: "Hash verified",
  differs: "Hash does not match: not saved",
  unstated: "No hash was promised",
  unsupported: "Hash not checked: needs https",
};

function Badge({ state }: { state: State }) {
  if (state.kind === "failed") {
    return (
      <span className="flex items-center gap-1.5 text-rose">
        <FileX size={15} aria-hidden /> Could not be fetched. {state.why}
      </span>
    );
  }
  if (state.kind !== "fetched") return null;
  const good = state.verdict === "matches";
  const Icon = good ? BadgeCheck : state.verdict === "differs" ? FileX : FileQuestion;
  const tone = good ? "text-moss-text" : state.verdict === "differs" ? "text-rose" : "text-muted";
  return (
    <span className={`flex items-center gap-1.5 ${tone}`}>
      <Icon size={15} aria-hidden /> {VERDICTS[state.verdict]}
    </span>
  );
}

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return `${(count / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}
