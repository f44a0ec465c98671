import { STATUS_CODES } from "node:http";

/** The whole answer to a request that cannot be understood, after which the connection ends. */
export function refusalText(status: number, explanation: string | undefined): string {
  const title = STATUS_CODES[status] ?? "Error";
  const text = explanation === undefined ? title : `${title}\n\n${explanation}`;
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${text.length + 1}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}\n`;
}
