import type { Metadata } from "next";
import { Arena } from "@/arena/arena";
import { Footer } from "@/site/footer";
import { PageHead } from "@/site/page-head";

export const metadata: Metadata = {
  title: "Arena",
  description: "Two anonymous competitors answer side by side; vote, then see who they were.",
};

export default function Page() {
  return (
    <>
      <main id="main" className="page">
        <PageHead eyebrow="Arena" title="Two answers, no names">
          Ask once, read both, choose. Only then do you learn who they were.
        </PageHead>
        <div>
          <Arena />
        </div>
      </main>
      <Footer />
    </>
  );
}
