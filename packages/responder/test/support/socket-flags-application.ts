// Tells whether accepting from the workers' socket would block: as it was when this module was imported, and now. Linux.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";

import { WORKER_SOCKET } from "../../src/workers/messages.ts";

const O_NONBLOCK = 0o4000;

const atImport = blocks();

// oxlint-disable-next-line import/no-default-export -- what the command looks for
export default function listener(_request: IncomingMessage, response: ServerResponse): void {
  response.end(JSON.stringify([atImport, blocks()]));
}

function blocks(): boolean {
  const [, flags = ""] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${WORKER_SOCKET}`, "latin1")) ?? [];
  return (Number.parseInt(flags, 8) & O_NONBLOCK) === 0;
}
