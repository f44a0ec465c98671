import { STATUS_CODES } from "node:http";

/** The usual text of a status (RFC 9110 §15). */
export function statusText(status: number): string {
  return STATUS_CODES[status] ?? "Error";
}
