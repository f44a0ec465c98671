import type { SessionOptions } from "node:http2";

import type { FrontOwner } from "../front/front-owner.ts";

/** What holds for all connections. */
export interface Http2Rules {
  /** Bytes of all fields of a head, decoded; somewhat more than what the gateway answers with 431. */
  readonly headBytes: number;
  /** Fields of a head, likewise. */
  readonly headLines: number;
  /** Requests at once on a connection (nginx `http2_max_concurrent_streams`: 128). */
  readonly streams: number;
  /** Milliseconds for the first head of a connection to come; 0: any. */
  readonly requestHead: number;
  /** Milliseconds without a request; 0: any. */
  readonly keepAlive: number;
}

/** Who owns connections of HTTP/2. */
export interface Http2Owner extends FrontOwner {
  readonly http2Rules: Http2Rules;
}

/** A field counts so many bytes more than its name and value (RFC 9113 §6.5.2). */
const OF_A_FIELD = 32;

/** Frames that break rules, and streams that are refused, before a connection is ended. */
const BAD_FRAMES = 20;

interface Options extends SessionOptions {
  maxHeaderListPairs?: number;
  maxSessionInvalidFrames?: number;
  maxSessionRejectedStreams?: number;
  strictSingleValueFields?: boolean;
}

/** What nghttp2 is to enforce. */
export function sessionOptions({ headBytes, headLines, streams }: Http2Rules): Options {
  return {
    maxHeaderListPairs: headLines,
    maxSessionInvalidFrames: BAD_FRAMES,
    maxSessionRejectedStreams: BAD_FRAMES,
    // What applications repeat is theirs to answer for.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: streams,
      maxHeaderListSize: headBytes + headLines * OF_A_FIELD,
      enablePush: false,
      enableConnectProtocol: false,
    },
  };
}
