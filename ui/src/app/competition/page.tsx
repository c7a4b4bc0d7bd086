import { Swords } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { Faq } from "@/competition/faq";
import { HowToCompete } from "@/competition/how-to-compete";
import { Leaderboard } from "@/competition/leaderboard-table";
import { Scoring } from "@/competition/scoring";
import { SubmissionForm } from "@/competition/submission-form";
import { Footer } from "@/site/footer";
import { PageHead } from "@/site/page-head";

export const metadata: Metadata = {
  title: "Competition",
  description: "The leaderboard, how scores are made, and how to enter a competitor of your own.",
};

export default function Page() {
  return (
    <>
      <main id="main" className="page">
        <PageHead eyebrow="Competition" title="May the best agent stay on">
          Every competitor answers the same questions under the same rules. What counts is measured from
          outside: quality, speed, cost, steadiness, range.
        </PageHead>
        <section aria-labelledby="leaderboard">
          <div className="mb-5 flex flex-wrap items-center justify-between gap-3">
            <h2 id="leaderboard" className="font-bold text-3xl">
              Leaderboard
            </h2>
            <Link href="/arena" prefetch={false} className="btn btn-quiet">
              <Swords size={17} aria-hidden /> Judge two yourself
            </Link>
          </div>
          <Leaderboard />
        </section>
        <Scoring />
        <HowToCompete />
        <SubmissionForm />
        <Faq />
      </main>
      <Footer />
    </>
  );
}
