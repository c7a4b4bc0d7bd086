import Link from "next/link";

const LINKS = [
  ["/chat", "Chat"],
  ["/competition", "Competition"],
  ["/arena", "Arena"],
  ["/marketplace", "Marketplace"],
] as const;

export function Footer() {
  return (
    <footer className="mt-24 shrink-0 border-line border-t">
      <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-6 gap-y-3 px-4 py-8 text-muted sm:px-6">
        <p className="mr-auto max-sm:w-full">Janus: anything in, anything out.</p>
        {LINKS.map(([href, label]) => (
          <Link key={href} href={href} prefetch={false} className="py-1 hover:text-text">
            {label}
          </Link>
        ))}
        <a href="/docs" className="py-1 hover:text-text">
          API
        </a>
      </div>
    </footer>
  );
}
