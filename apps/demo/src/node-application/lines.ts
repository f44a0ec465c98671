import { setTimeout as wait } from "node:timers/promises";

import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

const LINES = 12;
/** Milliseconds between two lines. */
const PAUSE = 250;

/** Text that leaves line by line: nothing on the way collects it. */
export function sendLines(request: FastCGIRequest, response: FastCGIResponse): void {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
  const write = async (): Promise<void> => {
    for (let line = 1; line <= LINES; line++) {
      if (line > 1) await wait(PAUSE, undefined, { signal: request.signal });
      response.write(`line ${line} of ${LINES}, at ${new Date().toISOString().slice(11, 23)}\n`);
    }
  };
  // It fails only when the browser has gone away.
  void write()
    .catch(() => undefined)
    .then(() => response.end());
}
