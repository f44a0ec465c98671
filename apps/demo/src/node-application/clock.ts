import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

/** Milliseconds between two ticks. */
const TICK = 1_000;

/** A clock as server-sent events: one line a second, until the browser goes away. */
export function sendClock(request: FastCGIRequest, response: FastCGIResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const tick = (): void => void response.write(`data: ${new Date().toTimeString().slice(0, 8)}\n\n`);
  tick();
  const timer = setInterval(tick, TICK);
  const end = (): void => {
    clearInterval(timer);
    response.end();
  };
  request.signal.addEventListener("abort", end, { once: true });
}
