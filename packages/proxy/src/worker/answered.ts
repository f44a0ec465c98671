import { channel } from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";

/** One request that is over, published on `fastcgi:proxy:answered`. */
export interface AnsweredRequest {
  /** As it came. */
  readonly method: string;
  /** As it came; latin-1. */
  readonly target: string;
  /** 0 when the connection ended before anything of the answer was written. */
  readonly statusCode: number;
  /** Bytes of the answer's body that were written, without framing. */
  readonly bytes: number;
  /** The whole response was given to the kernel. */
  readonly complete: boolean;
  /** It is not complete because the proxy cut it: the application failed, or a time limit passed. Else the client went away. */
  readonly cut: boolean;
  /** Milliseconds from the request's head to the end. */
  readonly duration: number;
  /** The client's address; undefined for a UNIX socket. */
  readonly remote: string | undefined;
}

/** To be asked for `hasSubscribers` before times are taken. */
export const answeredChannel: Channel<unknown, AnsweredRequest> = channel("fastcgi:proxy:answered") as Channel<
  unknown,
  AnsweredRequest
>;
