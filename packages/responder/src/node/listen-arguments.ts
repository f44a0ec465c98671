import { formatAddress } from "@x/protocol/address";

import type { ListenOptions } from "../listen.ts";

/** What `net.Server` takes for an object. */
export interface NodeListenOptions {
  /** A TCP port; 0: any free one. */
  port?: number | string | undefined;
  /** @default 127.0.0.1 */
  host?: string | undefined;
  /** Of a UNIX socket; it goes before the port. */
  path?: string | undefined;
  /** Connections that the system keeps waiting. @default 511 */
  backlog?: number | undefined;
}

/** The arguments of `net.Server.listen`, or an address of ours, as options of ours. */
export function toListenAddress(given: readonly unknown[]): Pick<ListenOptions, "listen" | "backlog"> {
  const [first, second, third] = given;
  if (typeof first === "object" && first !== null) {
    const { port, host, path, backlog } = first as NodeListenOptions;
    return { ...placeOf(path ?? port, host), ...(backlog === undefined ? {} : { backlog }) };
  }
  const backlog = typeof third === "number" ? third : typeof second === "number" ? second : undefined;
  return {
    ...placeOf(first, typeof second === "string" ? second : undefined),
    ...(backlog === undefined ? {} : { backlog }),
  };
}

function placeOf(place: unknown, host: string | undefined): Pick<ListenOptions, "listen"> {
  if (typeof place !== "string" && typeof place !== "number") return {};
  const text = String(place);
  if (/^\d{1,5}$/.test(text)) {
    return { listen: formatAddress({ kind: "tcp", host: host ?? "127.0.0.1", port: Number(text) }) };
  }
  return { listen: text.startsWith("/") || text.startsWith("./") ? `unix:${text}` : text };
}
