import Link from "next/link";
import { Mark } from "@/site/mark";

export default function NotFound() {
  return (
    <main id="main" className="mx-auto grid w-full max-w-xl flex-auto place-content-center px-4 text-center">
      <Mark className="mx-auto size-16" />
      <h1 className="mt-6 font-extrabold text-4xl">Neither behind nor ahead</h1>
      <p className="mt-3 text-muted">There is no page at this address.</p>
      <Link href="/" className="btn btn-primary mx-auto mt-8">
        To the beginning
      </Link>
    </main>
  );
}
