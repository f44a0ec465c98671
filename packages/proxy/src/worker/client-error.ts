import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { ResolvedConfig } from "../config/resolved-config.ts";
import { isLoopback } from "../http/audience.ts";

/** Milliseconds that a refused client gets to read the answer: closing with unread bytes would reset the connection under it. */
const LINGER = 1_000;

/** The status for what `node:http` calls a client error; undefined when there is nobody left to answer. */
export function statusOfClientError(code: string | undefined): number | undefined {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return 431;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return 413;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return 408;
    case "ECONNRESET":
    case "EPIPE":
    case "ETIMEDOUT":
    case "HPE_INVALID_EOF_STATE":
      return undefined;
    default:
      return 400;
  }
}

/** The limit that was exceeded, with its name, for whoever may change it. */
export function explainClientError(
  status: number,
  socket: Socket,
  { errors, limits, timeouts }: Pick<ResolvedConfig, "errors" | "limits" | "timeouts">,
): string | undefined {
  const auto = isLoopback(socket.remoteAddress) && isLoopback(socket.localAddress);
  if (errors === "plain" || (errors === "auto" && !auto)) return undefined;
  if (status === 408) {
    const whole = timeouts.request > 0 ? `, or the whole request than timeouts.request (${timeouts.request} ms)` : "";
    return `The head took longer than timeouts.requestHead allows (${timeouts.requestHead} ms)${whole}.`;
  }
  if (status !== 431) return undefined;
  const { headerBytes, headerLines, target } = limits;
  return `The head is larger than limits.headerBytes (${headerBytes}), limits.headerLines (${headerLines}) or limits.target (${target} bytes) allow.`;
}

/** Answers on a connection that HTTP cannot go on with, and closes it. */
export function answerAndClose(socket: Socket, status: number, explanation?: string): void {
  const title = STATUS_CODES[status] ?? "Error";
  const text = explanation === undefined ? title : `${title}\n\n${explanation}`;
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${text.length + 1}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}\n`);
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once("close", () => clearTimeout(timer));
}
