import { channel } from "node:diagnostics_channel";

import type { FastCGIRequest } from "./incoming.ts";
import type { FastCGIResponse } from "./outgoing.ts";

/** Published on `fastcgi:responder:request:start` and `fastcgi:responder:request:end`. */
export interface RequestMessage {
  /** The request, whose body may still be arriving. */
  request: FastCGIRequest;
  /** Its response, which has ended when the request has. */
  response: FastCGIResponse;
}

/** Published on `fastcgi:responder:connection:open` and `fastcgi:responder:connection:close`. */
export interface ConnectionMessage {
  /** The web server's end, such as `tcp://127.0.0.1:53124`; for a UNIX socket the address listened on. */
  peer: string;
}

/** Published on `fastcgi:responder:error`. */
export interface ErrorMessage {
  /** What a handler threw, or the `FastCGIError` that ended a connection. */
  error: unknown;
  /** The web server's end. */
  peer: string;
  /** The request whose handler failed; absent when the whole connection did. */
  request?: FastCGIRequest;
  /** Had the web server aborted the request before its handler failed? */
  aborted?: boolean;
}

/** What the package does with a channel: publish one kind of message, if somebody listens. */
interface Publisher<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

export const requestStartChannel: Publisher<RequestMessage> = channel("fastcgi:responder:request:start");
export const requestEndChannel: Publisher<RequestMessage> = channel("fastcgi:responder:request:end");
export const connectionOpenChannel: Publisher<ConnectionMessage> = channel("fastcgi:responder:connection:open");
export const connectionCloseChannel: Publisher<ConnectionMessage> = channel("fastcgi:responder:connection:close");
export const errorChannel: Publisher<ErrorMessage> = channel("fastcgi:responder:error");

/** Published on `fastcgi:responder:worker`. */
export interface WorkerMessage {
  /** `start`: it serves. `retire`: another one has taken its place, it finishes. `exit`: it has ended. `fail`: one could not be started. */
  event: "start" | "retire" | "exit" | "fail";
  /** The process; 0 when there is none. */
  pid: number;
  /** Why; for `exit` the exit code or the signal. */
  reason?: string;
}

export const workerChannel: Publisher<WorkerMessage> = channel("fastcgi:responder:worker");
