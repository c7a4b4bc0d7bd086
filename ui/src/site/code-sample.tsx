import { CopyButton } from "./copy-button";

/** Code as it is, to be copied. */
export function CodeSample({ name, code }: { name: string; code: string }) {
  return (
    <figure className="glass min-w-0 overflow-hidden rounded-2xl">
      <figcaption className="flex items-center justify-between border-line border-b py-1.5 pr-2 pl-5 font-code text-muted text-sm">
        {name} <CopyButton text={code} label={`Copy ${name}`} />
      </figcaption>
      <pre tabIndex={0} className="overflow-x-auto p-5 font-code text-sm leading-relaxed">
        {code.trimEnd()}
      </pre>
    </figure>
  );
}
