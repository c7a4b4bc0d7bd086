"use client";

import { startTransition, useEffect, useState } from "react";
import { GATEWAY } from "@/gateway/base-url";
import { CodeSample } from "./code-sample";

const USUAL = "http://127.0.0.1:8000";

/** Code that calls the gateway, with the address of the one that serves this page. */
export function GatewaySample({ name, code }: { name: string; code: string }) {
  const [address, setAddress] = useState(USUAL);
  useEffect(() => startTransition(() => setAddress(GATEWAY || location.origin)), []);
  return <CodeSample name={name} code={code.replaceAll(USUAL, address)} />;
}
