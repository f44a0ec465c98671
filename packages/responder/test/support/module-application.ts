// What the command serves in tests: tells its process, and does what it is asked to.
import type { IncomingMessage, ServerResponse } from "node:http";

if (process.env["REFUSE"] === "1") throw new Error("this module does not like it here");

// oxlint-disable-next-line import/no-default-export -- what the command looks for
export default function listener(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === "/die") process.exit(3);
  if (request.url === "/throw") throw new Error("expected by a test");
  if (request.url === "/late") setInterval(block, 10);
  if (request.url === "/body") request.on("end", () => response.end(String(process.pid))).resume();
  else response.end(String(process.pid));
}

function block(): void {
  const until = performance.now() + 30;
  while (performance.now() < until);
}
