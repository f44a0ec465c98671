import type { FastCGIResponse } from "@x/responder";

type Headers = Readonly<Record<string, string>>;

/** Answers with JSON that no cache keeps. `finished` is called when it was handed to the system. */
export function sendJson(
  response: FastCGIResponse,
  statusCode: number,
  answer: object,
  headers: Headers = {},
  finished?: () => void,
): void {
  const body = `${JSON.stringify(answer)}\n`;
  response.writeHead(statusCode, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body, finished);
}

/** Answers with `{ "error": … }`. */
export function sendError(response: FastCGIResponse, statusCode: number, error: string, headers?: Headers): void {
  sendJson(response, statusCode, { error }, headers);
}
