import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

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

/** Answers on a connection that HTTP cannot go on with, and closes it. */
export function answerAndClose(socket: Socket, status: number, headers: readonly string[] = []): void {
  const text = STATUS_CODES[status] ?? "Error";
  const head = [
    `HTTP/1.1 ${status} ${text}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${text.length + 1}`,
    ...headers,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}\n`);
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once("close", () => clearTimeout(timer));
}
