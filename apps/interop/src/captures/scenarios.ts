// What is asked of every application while its bytes are kept.
import { encodeRecord, RecordType } from "@x/protocol";

import { requestBytes, valuesBytes } from "../records.ts";

/** What is sent at once. The next turn comes when all that was asked for has been answered. */
export interface Turn {
  /** The ids that begin. */
  requests: number[];
  /** Is FCGI_GET_VALUES asked? */
  values: boolean;
  sent: Uint8Array;
}

const KEPT = Buffer.alloc(5_000, "p");

/** All of them, for an application that is a script or not. */
export function scenarios(script?: string): Record<string, Turn[]> {
  const turn = (query: string, options: Parameters<typeof requestBytes>[1] = {}): Turn => {
    const { head, stdin } = requestBytes(query, { script, ...options });
    return { requests: [options?.id ?? 1], values: false, sent: Buffer.concat([head, stdin]) };
  };
  const page = "mode=status&code=200";
  const [one, two] = [1, 2].map((id) => requestBytes(page, { id, script, body: Buffer.from("abc") }));
  const long = requestBytes("mode=bytes&size=9000", { script, body: KEPT });
  return {
    page: [turn(page)],
    "page, connection not kept": [turn(page, { keepConn: false })],
    "no such page": [turn("mode=status&code=404")],
    bytes: [turn("mode=bytes&size=9000")],
    headers: [turn("mode=headers")],
    redirect: [turn("mode=redirect")],
    empty: [turn("mode=empty")],
    stderr: [turn("mode=stderr")],
    "with a body": [turn(page, { body: KEPT })],
    "two in turn": [turn(page), turn("mode=headers")],
    "two at once": [
      { requests: [1, 2], values: false, sent: Buffer.concat([one!.head, two!.head, two!.stdin, one!.stdin]) },
    ],
    "unknown role": [turn(page, { role: 9 })],
    values: [{ requests: [], values: true, sent: valuesBytes() }],
    "unknown management record": [
      // A type that the specification does not have.
      { requests: [], values: false, sent: Uint8Array.of(1, 42, 0, 0, 0, 0, 0, 0) },
    ],
    "aborted before its body": [
      {
        requests: [1],
        values: false,
        sent: Buffer.concat([long.head, encodeRecord({ type: RecordType.AbortRequest, requestId: 1 })]),
      },
    ],
  };
}
