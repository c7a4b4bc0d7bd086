"use client";

import { Menu } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Mark } from "./mark";
import { ThemeToggle } from "./theme-toggle";

const PAGES = [
  { href: "/chat", label: "Chat" },
  { href: "/competition", label: "Competition" },
  { href: "/arena", label: "Arena" },
  { href: "/marketplace", label: "Marketplace" },
] as const;

/** The bar on top of every page. On narrow screens the pages fold into a menu. */
export function Header() {
  const path = usePathname();
  const links = PAGES.map((page) => (
    <Link
      key={page.href}
      href={page.href}
      prefetch={false}
      aria-current={path === page.href || path.startsWith(`${page.href}/`) ? "page" : undefined}
      className="rounded-lg px-3 py-2 text-muted transition-colors hover:text-text aria-[current]:bg-well aria-[current]:text-text"
    >
      {page.label}
    </Link>
  ));
  return (
    <header className="glass-blur sticky top-0 z-40 border-line border-b bg-ink/80">
      <div
        className={`mx-auto flex h-14 items-center gap-2 px-4 sm:px-6 ${path === "/chat" ? "" : "max-w-7xl"}`}
      >
        <Link
          href="/"
          prefetch={false}
          className="mr-auto flex items-center gap-2.5"
          aria-label="Janus, home"
        >
          <Mark className="size-8" />
          <span className="font-display font-semibold text-xl tracking-tight">Janus</span>
        </Link>
        <nav aria-label="Pages" className="hidden sm:flex lg:gap-1">
          {links}
        </nav>
        <a href="/docs" className="hidden rounded-lg px-3 py-2 text-muted hover:text-text sm:block">
          API
        </a>
        <ThemeToggle />
        {/* Closes itself when a page is chosen: the key makes a new one. */}
        <details key={path} className="relative sm:hidden">
          <summary className="icon-btn list-none" aria-label="Menu">
            <Menu size={20} aria-hidden />
          </summary>
          <nav
            aria-label="Pages"
            className="absolute right-0 mt-2 flex w-48 flex-col rounded-2xl border border-line bg-raised p-2 shadow-xl"
          >
            {links}
            <a href="/docs" className="rounded-lg px-3 py-2 text-muted">
              API
            </a>
          </nav>
        </details>
      </div>
    </header>
  );
}
