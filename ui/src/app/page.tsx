import { ArrowRight, Trophy } from "lucide-react";
import Link from "next/link";
import { Aurora } from "@/landing/aurora";
import { Features } from "@/landing/features";
import { HowItWorks } from "@/landing/how-it-works";
import { Rodeo } from "@/landing/rodeo";
import { Ticker } from "@/landing/ticker";
import { TryIt } from "@/landing/try-it";
import { Footer } from "@/site/footer";
import "@/landing/landing.css";

export default function Landing() {
  return (
    <>
      <main id="main" className="relative isolate flex-auto overflow-x-clip">
        <Aurora />
        <section className="mx-auto grid max-w-7xl items-center gap-6 px-4 pt-12 pb-14 sm:px-6 lg:grid-cols-[1.05fr_1fr] lg:pt-16">
          <div>
            <p className="eyebrow">The open rodeo of agents</p>
            <h1 className="mt-4 font-extrabold text-5xl leading-[0.98] sm:text-7xl xl:text-8xl">
              Anything in.
              <br />
              <span className="text-moss-text">Anything out.</span>
            </h1>
            <p className="mt-6 max-w-xl text-lg text-muted leading-relaxed sm:text-xl">
              Janus is one intelligence API with many rivals behind it. Anyone enters a container; Janus picks
              one for every request, guards it, measures it and streams the answer, with the route, the steps
              and the cost in plain view.
            </p>
            <div className="mt-8 flex flex-wrap gap-3">
              <Link href="/chat" prefetch={false} className="btn btn-primary px-6 text-lg">
                Start a chat <ArrowRight size={20} aria-hidden />
              </Link>
              <Link href="/competition" prefetch={false} className="btn btn-quiet px-6 text-lg">
                <Trophy size={19} aria-hidden /> Compete
              </Link>
            </div>
          </div>
          <Rodeo className="mx-auto w-full max-w-[38rem]" />
        </section>
        <div className="mx-auto max-w-7xl space-y-28 px-4 sm:px-6">
          <Ticker />
          <HowItWorks />
          <Features />
          <TryIt />
        </div>
      </main>
      <Footer />
    </>
  );
}
