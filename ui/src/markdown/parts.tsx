"use client";

import { ImageOff } from "lucide-react";
import { type ComponentProps, isValidElement, type ReactNode } from "react";
import { gatewayUrl } from "@/gateway/base-url";
import { BLOCKED } from "./safe-url";
import { withoutTricks } from "./text-tricks";

/** A link that says where it leads when its text says otherwise. An address that was refused is plain text. */
export function SafeLink({ href, children }: ComponentProps<"a">) {
  if (!href) return <span>{children}</span>;
  if (href.startsWith("/")) {
    return (
      <a href={gatewayUrl(href)} download>
        {children}
      </a>
    );
  }
  const host = hostOf(href);
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={withoutTricks(href)}>
        <bdi>{children}</bdi>
      </a>
      {claimsOtherHost(textOf(children), host) && <span className="real-host"> (leads to {host})</span>}
    </>
  );
}

/** A picture of the gateway's or an inline one; any other is named and not loaded. */
export function SafeImage({ src, alt }: ComponentProps<"img">) {
  const address = typeof src === "string" ? src : "";
  if (!address || address.startsWith(BLOCKED)) {
    const host = hostOf(address.slice(BLOCKED.length));
    return (
      <span className="blocked-picture">
        <ImageOff size={15} aria-hidden /> {alt || "Picture"}: not loaded{host && ` from ${host}`}
      </span>
    );
  }
  return <img src={address.startsWith("/") ? gatewayUrl(address) : address} alt={alt ?? ""} loading="lazy" />;
}

/** A heading of a column; the empty corner of a table is none. */
export function HeaderCell({ children, node: _, ...cell }: ComponentProps<"th"> & { node?: unknown }) {
  return textOf(children).trim() ? <th {...cell}>{children}</th> : <td {...cell}>{children}</td>;
}

/** The box of a task list, which shows and is not to be ticked. */
export function TaskBox({ checked }: ComponentProps<"input">) {
  return (
    <input type="checkbox" checked={Boolean(checked)} disabled aria-label={checked ? "done" : "to do"} />
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}

/** Whether a link's text looks like an address, of somewhere else than the link leads. */
export function claimsOtherHost(text: string, host: string): boolean {
  const claimed = /^\s*(?:https?:\/\/)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#]|\s*$)/i.exec(
    withoutTricks(text),
  )?.[1];
  return Boolean(claimed && host && claimed.toLowerCase() !== host.toLowerCase());
}

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}
