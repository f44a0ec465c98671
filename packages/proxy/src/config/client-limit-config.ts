import { checkAddresses } from "./check-addresses.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/**
 * How much one client may ask of a route. A client is an IPv4 address or the /64 of an IPv6 one, behind the proxies of `trustProxy` its own; those
 * proxies themselves, and UNIX sockets, are not limited.
 */
export interface ClientLimitConfig {
  /** Requests for each `per` (nginx `limit_req`); a request that is sent elsewhere by the server itself counts once. @default any */
  requests?: number | undefined;
  /** Milliseconds, or a text such as `"1m"`. @default "1s" */
  per?: number | string | undefined;
  /** Requests that may come at once after a pause (nginx `burst` with `nodelay`, and one). @default `requests`, at least 1 */
  burst?: number | undefined;
  /** Requests at once (nginx `limit_conn`). @default any */
  concurrent?: number | undefined;
  /** Of the answer to a request that is too much: 429, 503 or another error (nginx `limit_req_status`). @default 429 */
  status?: number | undefined;
  /** Clients that are not limited: addresses and networks as in `access`. @default none */
  except?: readonly string[] | undefined;
}

/** How much one client may ask of a route. */
export interface ResolvedClientLimit {
  /** For each `per`; Infinity: any. */
  readonly requests: number;
  /** Milliseconds. */
  readonly per: number;
  /** Requests that may come at once after a pause. */
  readonly burst: number;
  /** Requests at once; Infinity: any. */
  readonly concurrent: number;
  /** Of the answer to a request that is too much. */
  readonly status: number;
  /** Clients that are not limited. */
  readonly except: readonly string[];
}

/** Checks how much one client may ask of a route. */
export function expandClientLimit(
  expansion: Expansion,
  path: KeyPath,
  it: ClientLimitConfig | undefined,
): ResolvedClientLimit | undefined {
  if (it === undefined) return undefined;
  const { requests = Infinity, concurrent = Infinity, status = 429, except = [] } = it;
  if (requests === Infinity && concurrent === Infinity)
    expansion.problem(path, 'limits nothing: add requests, such as { requests: 10, per: "1s" }, or concurrent.');
  for (const key of ["per", "burst"] as const) {
    if (it[key] !== undefined && requests === Infinity) expansion.problem([...path, key], "needs requests beside it.");
  }
  const per = expansion.duration([...path, "per"], it.per, 1_000);
  if (per === 0) expansion.problem([...path, "per"], "must be more than 0.");
  if (status < 400 || status > 599) expansion.problem([...path, "status"], `must be 400 to 599, not ${status}.`);
  checkAddresses(expansion, [...path, "except"], except);
  return { requests, per, burst: it.burst ?? requests, concurrent, status, except };
}

/** As it is written in a configuration. */
export function clientLimitToLongForm({ requests, per, burst, concurrent, ...rest }: ResolvedClientLimit): object {
  return {
    ...(requests === Infinity ? {} : { requests, per, burst }),
    concurrent: concurrent === Infinity ? undefined : concurrent,
    ...rest,
  };
}
