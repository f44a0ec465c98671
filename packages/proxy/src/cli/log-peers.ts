import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { ClientDiagnostics } from "@x/client";

import type { Log } from "./log.ts";

type PeerChange = ClientDiagnostics["fastcgi:client:peer"];

/** Writes which addresses of upstreams are left out, and which are back. @returns ends that */
export function logPeers(log: Log): () => void {
  const onChange = (message: unknown): void => {
    const change = message as PeerChange;
    const line = describe(change);
    if (line !== undefined) log.write(line.level, line.text, { event: "peer", ...change });
  };
  subscribe("fastcgi:client:peer", onChange);
  return () => {
    unsubscribe("fastcgi:client:peer", onChange);
  };
}

function describe({ address, state }: PeerChange): { level: "info" | "warn"; text: string } | undefined {
  switch (state) {
    case "ejected":
      return { level: "warn", text: `${address} is left out, since its requests fail: the others get its share` };
    case "down":
      return { level: "warn", text: `${address} is left out, since its checks fail: the others get its share` };
    case "healthy":
      return { level: "info", text: `${address} is back, and gets its share of requests little by little` };
    default:
      return undefined;
  }
}
