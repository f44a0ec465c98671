import type { IncomingMessage, ServerResponse } from "node:http";

import type { Question, Reply } from "./ask.ts";

/** Notes what a listener saw, to be the same over HTTP and over FastCGI. */
export type Note = (what: string, ...values: readonly unknown[]) => void;

/** One thing that an application written for node:http may do, and the request that makes it. */
export interface Scenario extends Question {
  readonly title: string;
  /** The client goes away when the listener calls `leave`. */
  readonly leaves?: boolean;
  /** Does the answer differ by design? Then only what the listener saw is compared. */
  readonly otherAnswer?: boolean;
  readonly listener: (request: IncomingMessage, response: ServerResponse, note: Note, leave: () => void) => unknown;
}

/** What the client got; `undefined`: no whole answer. */
export interface Outcome {
  readonly notes: readonly (readonly unknown[])[];
  readonly answer: Reply | undefined;
}

/** A listener's tape recorder. */
export function recorder(): { note: Note; notes: (readonly unknown[])[] } {
  const notes: (readonly unknown[])[] = [];
  return { notes, note: (what, ...values) => void notes.push([what, ...values]) };
}

/** Resolves when both messages are closed, with all that happened to them noted. */
export function watched(request: IncomingMessage, response: ServerResponse, note: Note): Promise<void> {
  request.on("close", () => note("request close", request.destroyed, request.aborted, request.complete));
  request.on("aborted", () => note("request aborted"));
  response.on("finish", () => {
    note("response finish", response.writableFinished, response.headersSent, response.writableEnded);
  });
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    request.on("close", closed);
    response.on("close", () => {
      note("response close", response.destroyed, response.closed, response.writableFinished);
      closed();
    });
  });
}
