import { basename, dirname } from "node:path";

/** What is asked of an application in one row. */
export interface Case {
  name: string;
  /** QUERY_STRING, as apps/interop/src/application.ts reads it. */
  query: string;
  /** Bytes that are sent. */
  post: number;
  /** Bytes of the response's body. */
  bytes: number;
  /** Requests at once. */
  concurrency: number;
}

const get = (size: number, name: string, concurrency: number): Case => ({
  name: `${name}, ${concurrency} at once`,
  query: `mode=bytes&size=${size}`,
  post: 0,
  bytes: size,
  concurrency,
});

/** In the order in which they are measured; the first one warms up, too. */
export const CASES: readonly Case[] = [
  get(1_024, "1 KiB", 32),
  get(1_024, "1 KiB", 1),
  get(1_024, "1 KiB", 256),
  get(1_048_576, "1 MiB", 32),
  { name: "post of 1 MiB, 32 at once", query: "mode=count", post: 1_048_576, bytes: 7, concurrency: 32 },
];

/** The case that the bars are about. */
export const BAR_CASE: Case = CASES[0]!;

/** Where a request goes. */
export interface Place {
  /** The socket. */
  path: string;
  /** SCRIPT_FILENAME. */
  script: string;
}

/** What is called, as a driver is told it. */
export interface Target extends Place {
  /** Where the application answers 1 KiB to everything, and does nothing else, if there is such a place. */
  lean?: Place | undefined;
  /** Requests at once that the application runs; undefined: as many as come. */
  capacity: number | undefined;
}

/** The params of a case: what nginx sends for such a request. */
export function paramsOf(one: Case, target: Target): Record<string, string> {
  const { query, post } = one;
  const { script } = placeOf(one, target);
  const name = basename(script);
  return {
    QUERY_STRING: query,
    REQUEST_METHOD: post > 0 ? "POST" : "GET",
    ...(post > 0 ? { CONTENT_TYPE: "application/octet-stream", CONTENT_LENGTH: String(post) } : {}),
    SCRIPT_NAME: `/${name}`,
    REQUEST_URI: `/${name}?${query}`,
    DOCUMENT_URI: `/${name}`,
    DOCUMENT_ROOT: dirname(script),
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_SCHEME: "http",
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "bench",
    REMOTE_ADDR: "127.0.0.1",
    REMOTE_PORT: "40000",
    SERVER_ADDR: "127.0.0.1",
    SERVER_PORT: "80",
    SERVER_NAME: "localhost",
    REDIRECT_STATUS: "200",
    SCRIPT_FILENAME: script,
    HTTP_HOST: "localhost",
    HTTP_ACCEPT: "*/*",
    HTTP_USER_AGENT: "bench",
  };
}

const PORTS: readonly string[] = Array.from({ length: 1_024 }, (_, at) => String(40_000 + at));
let asked = 0;

/** REMOTE_PORT of the next request: nobody sends the very same request twice, except the floor. */
export function nextPort(): string {
  return PORTS[asked++ & 1_023]!;
}

/** Where a case is sent. */
export function placeOf({ bytes, post }: Case, target: Target): Place {
  return bytes === 1_024 && post === 0 ? (target.lean ?? target) : target;
}
