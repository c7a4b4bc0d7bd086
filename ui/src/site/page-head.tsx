import type { ReactNode } from "react";

/** How a page begins. */
export function PageHead({
  eyebrow,
  title,
  children,
}: {
  eyebrow: string;
  title: string;
  children: ReactNode;
}) {
  return (
    <>
      <div aria-hidden className="page-glow" />
      <div className="pt-14 pb-10 sm:pt-20">
        <p className="eyebrow">{eyebrow}</p>
        <h1 className="mt-3 max-w-3xl font-extrabold text-4xl leading-[1.02] sm:text-6xl">{title}</h1>
        <p className="mt-5 max-w-2xl text-lg text-muted leading-relaxed">{children}</p>
      </div>
    </>
  );
}
