// Records as they stand on the wire, beside our client: what an application really does with them.
import { connect } from "node:net";

import { decodeNameValues, encodeNameValues, encodeRecord, RecordType, records, ValueName } from "@x/protocol";
import type { FastCGIRecord, Params } from "@x/protocol";

/** The parts of a GET: what begins it, and the end of its body. */
export interface RequestBytes {
  head: Uint8Array;
  stdin: Uint8Array;
}

export interface RequestBytesOptions {
  id?: number;
  /** For PHP, which must be told the file. */
  script?: string | undefined;
  /** @default 1, a responder */
  role?: number;
  /** @default true */
  keepConn?: boolean;
  /** A POST with this body. */
  body?: Uint8Array;
}

/** A request to the interop application, as bytes. */
export function requestBytes(query: string, options: RequestBytesOptions = {}): RequestBytes {
  const { id: requestId = 1, script, role = 1, keepConn = true, body } = options;
  const params = encodeNameValues({
    REQUEST_METHOD: body === undefined ? "GET" : "POST",
    REQUEST_URI: `/application?${query}`,
    SCRIPT_NAME: "/application",
    SCRIPT_FILENAME: script,
    QUERY_STRING: query,
    CONTENT_LENGTH: body === undefined ? undefined : String(body.length),
    CONTENT_TYPE: body === undefined ? undefined : "application/octet-stream",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
  });
  const stdin = encodeRecord({ type: RecordType.Stdin, requestId });
  return {
    head: Buffer.concat([
      encodeRecord({ type: RecordType.BeginRequest, requestId, role, keepConn }),
      encodeRecord({ type: RecordType.Params, requestId, content: params }),
      encodeRecord({ type: RecordType.Params, requestId }),
    ]),
    stdin:
      body === undefined
        ? stdin
        : Buffer.concat([encodeRecord({ type: RecordType.Stdin, requestId, content: body }), stdin]),
  };
}

/** The question for all that the specification knows (FastCGI 1.0 §4.1). */
export function valuesBytes(): Uint8Array {
  const names = Object.values(ValueName).map((name): [string, string] => [name, ""]);
  return encodeRecord({ type: RecordType.GetValues, content: encodeNameValues(Object.fromEntries(names)) });
}

/**
 * Writes bytes to the application on a UNIX socket and reads its records, until it closes or `enough` says so.
 *
 * @returns each record, and the bytes
 */
export async function talk(
  address: string,
  bytes: Uint8Array,
  enough: (received: readonly FastCGIRecord[]) => boolean,
): Promise<{ received: FastCGIRecord[]; bytes: Buffer }> {
  const socket = connect(address.replace(/^unix:/, ""));
  const received: FastCGIRecord[] = [];
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Some applications close while they are written to: what they have sent tells.
  socket.on("error", () => {});
  socket.write(bytes);
  try {
    for await (const record of records(untilClosed(socket))) {
      received.push(record);
      if (enough(received)) break;
    }
  } finally {
    socket.destroy();
  }
  return { received, bytes: Buffer.concat(chunks) };
}

/** Has the request ended? */
export function ended(received: readonly FastCGIRecord[], id: number): boolean {
  return received.some(({ type, requestId }) => type === RecordType.EndRequest && requestId === id);
}

/** The values in an answer to {@link valuesBytes}. */
export function valuesIn(received: readonly FastCGIRecord[]): Params | undefined {
  const answer = received.find(({ type }) => type === RecordType.GetValuesResult);
  return answer !== undefined && "content" in answer ? decodeNameValues(answer.content) : undefined;
}

/** The body that came for a request, and how it ended: `status 200, end 0`, where 0 is REQUEST_COMPLETE. */
export function outcome(received: readonly FastCGIRecord[], id: number): string {
  const own = received.filter(({ requestId }) => requestId === id);
  const parts = own.flatMap((record) =>
    record.type === RecordType.Stdout && "content" in record ? [Buffer.from(record.content)] : [],
  );
  const body = Buffer.concat(parts).toString("latin1").split("\r\n\r\n").slice(1).join("\r\n\r\n");
  const ends = own.map((record) => ("protocolStatus" in record ? `end ${record.protocolStatus}` : ""));
  return [body, ...ends].filter((text) => text !== "").join(", ");
}

async function* untilClosed(socket: ReturnType<typeof connect>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* socket as AsyncIterable<Uint8Array>;
  } catch {
    // reset: as good as closed
  }
}
