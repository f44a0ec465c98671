import { ProtocolStatus, RecordType, Role } from "./constants.ts";
import { isFastCGIError } from "./errors.ts";
import { readPairs } from "./pairs.ts";
import type { FastCGIRecord } from "./record-types.ts";
import { escapeText, snippet } from "./snippet.ts";
import { readLatin1 } from "./text.ts";

/** How a record is told by {@link describeRecord}. */
export interface DescribeRecordOptions {
  /** Characters of the line; what is longer ends in `…`. @default 200 */
  maxLength?: number;
}

/**
 * A record as one line for people: type, request id, what is in it. Whatever the peer sent is escaped, so that the line is one
 * line of printable ASCII; besides, only `…` marks a cut.
 *
 * The values of params are in it, cookies and passwords too: it is for whoever may see the connection.
 *
 * @example
 * for await (const record of records(socket)) console.log(describeRecord(record));
 * // BEGIN_REQUEST 1: responder, keep connection
 * // PARAMS 1, 42 bytes: SCRIPT_NAME="/index.php" QUERY_STRING=""
 */
export function describeRecord(record: FastCGIRecord, options: DescribeRecordOptions = {}): string {
  const { maxLength = 200 } = options;
  const line = describe(record, maxLength);
  return line.length > maxLength ? `${line.slice(0, Math.max(0, maxLength - 1))}…` : line;
}

/** The line, at least as far as `wanted` characters. */
function describe(record: FastCGIRecord, wanted: number): string {
  const { type, requestId } = record;
  const title = `${TYPES[type] ?? `type ${type}`}${requestId === 0 ? "" : ` ${requestId}`}`;
  // By what is there, not by the type: the union leaves any number open.
  if ("role" in record) {
    const role = ROLES[record.role] ?? `role ${record.role}`;
    return `${title}: ${role}, ${record.keepConn ? "keep" : "close"} connection`;
  }
  if ("appStatus" in record) {
    const status = STATUSES[record.protocolStatus] ?? `protocol status ${record.protocolStatus}`;
    return `${title}: ${status}, app status ${record.appStatus}`;
  }
  if ("unknownType" in record) return `${title}: ${TYPES[record.unknownType] ?? `type ${record.unknownType}`}`;
  const { content } = record;
  if (content.length === 0) return STREAMS.has(type) ? `${title}: end` : title;
  const size = `${title}, ${content.length} ${content.length === 1 ? "byte" : "bytes"}: `;
  if (PAIRS.has(type)) return size + describePairs(content, wanted);
  return size + snippet(readLatin1(content, 0, Math.min(content.length, wanted + 1)), wanted);
}

/** As many pairs as `wanted` characters show; then what is no pair: records may be cut inside one. */
function describePairs(content: Uint8Array, wanted: number): string {
  let line = "";
  let read = 0;
  try {
    readPairs(content, (nameStart, nameEnd, valueEnd) => {
      read = valueEnd;
      if (line.length > wanted) return;
      const name = escapeText(readLatin1(content, nameStart, Math.min(nameEnd, nameStart + wanted)));
      const value = snippet(readLatin1(content, nameEnd, Math.min(valueEnd, nameEnd + wanted + 1)), wanted);
      line += `${line === "" ? "" : " "}${name}=${value}`;
    });
  } catch (error) {
    if (!isFastCGIError(error, "FCGI_ERR_BAD_NAME_VALUES")) throw error;
    const rest = content.length - read;
    line += `${line === "" ? "" : " "}and ${rest} ${rest === 1 ? "byte" : "bytes"} that are no pair`;
  }
  return line;
}

const TYPES: readonly (string | undefined)[] = [
  undefined,
  "BEGIN_REQUEST",
  "ABORT_REQUEST",
  "END_REQUEST",
  "PARAMS",
  "STDIN",
  "STDOUT",
  "STDERR",
  "DATA",
  "GET_VALUES",
  "GET_VALUES_RESULT",
  "UNKNOWN_TYPE",
];

const ROLES: Readonly<Record<number, string>> = {
  [Role.Responder]: "responder",
  [Role.Authorizer]: "authorizer",
  [Role.Filter]: "filter",
};

const STATUSES: Readonly<Record<number, string>> = {
  [ProtocolStatus.RequestComplete]: "request complete",
  [ProtocolStatus.CantMpxConn]: "cannot multiplex",
  [ProtocolStatus.Overloaded]: "overloaded",
  [ProtocolStatus.UnknownRole]: "unknown role",
};

const STREAMS: ReadonlySet<number> = new Set([
  RecordType.Params,
  RecordType.Stdin,
  RecordType.Stdout,
  RecordType.Stderr,
  RecordType.Data,
]);

const PAIRS: ReadonlySet<number> = new Set([RecordType.Params, RecordType.GetValues, RecordType.GetValuesResult]);
