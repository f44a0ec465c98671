import { channel } from "node:diagnostics_channel";
import type { Channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** One request that is over, published on `fastcgi:proxy:answered`. */
export interface AnsweredRequest {
  /** As it came. */
  readonly method: string;
  /** As it came; latin-1. */
  readonly target: string;
  /** 0 when the client went away before the head was written. */
  readonly statusCode: number;
  /** The whole response was given to the kernel. */
  readonly complete: boolean;
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

/** What can only be known while the request is there. */
export interface RequestBegin {
  /** By `performance.now()`. */
  readonly at: number;
  readonly remote: string | undefined;
}

/** To be asked when the request's head has come: later its socket may be gone. */
export function beginOf(request: IncomingMessage): RequestBegin {
  return { at: performance.now(), remote: request.socket.remoteAddress };
}

/** Publishes a request that is over. */
export function publishAnswered(response: ServerResponse, began: RequestBegin): void {
  const { req } = response;
  answeredChannel.publish({
    method: req.method ?? "",
    target: req.url ?? "",
    statusCode: response.headersSent ? response.statusCode : 0,
    complete: response.writableFinished,
    duration: performance.now() - began.at,
    remote: began.remote,
  });
}
