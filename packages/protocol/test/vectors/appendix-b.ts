// The four message flows of FastCGI 1.0, Appendix B, with data of our own: what the web server sends,
// and what the application answers.
import { begin, concat, end, hex, pair, record } from "./wire.ts";

/** One request: the bytes of both sides, and what they mean. */
export interface Flow {
  readonly fromServer: Uint8Array;
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly stdin: string;
  /** What the application writes, in order. */
  readonly writes: readonly (readonly [stream: "stdout" | "stderr", text: string])[];
  readonly appStatus: number;
  readonly fromApplication: Uint8Array;
}

const PARAMS: Flow["params"] = [
  ["SERVER_PORT", "8080"],
  ["SERVER_ADDR", "192.0.2.17"],
  ["REQUEST_METHOD", "GET"],
];
const PAIRS = concat(...PARAMS.map(([name, value]) => pair(name, value)));
const HEAD = "Content-type: text/html\r\n\r\n";
const PAGE = "<html>\n<head><title>ok</title></head>\n</html>\n";

/** B.1: no body, a page, done; every byte by hand. */
export const simpleRequest: Flow = {
  fromServer: hex(`
    01 01 0001 0008 00 00   0001 00 0000000000                          // BEGIN_REQUEST: responder, close after it
    01 04 0001 0031 07 00                                               // PARAMS, 49 bytes, padded to 56
      0B 04  53 45 52 56 45 52 5F 50 4F 52 54  38 30 38 30              //   SERVER_PORT=8080
      0B 0A  53 45 52 56 45 52 5F 41 44 44 52  31 39 32 2E 30 2E 32 2E 31 37  //   SERVER_ADDR=192.0.2.17
      05 02  48 54 54 50 53  6F 6E                                      //   HTTPS=on
      00 00 00 00 00 00 00
    01 04 0001 0000 00 00                                               // PARAMS: end
    01 05 0001 0000 00 00                                               // STDIN: end
  `),
  params: [
    ["SERVER_PORT", "8080"],
    ["SERVER_ADDR", "192.0.2.17"],
    ["HTTPS", "on"],
  ],
  stdin: "",
  writes: [["stdout", "Status: 204\n\n"]],
  appStatus: 0,
  fromApplication: hex(`
    01 06 0001 000D 03 00   53 74 61 74 75 73 3A 20 32 30 34 0A 0A   00 00 00  // STDOUT
    01 06 0001 0000 00 00                                               // STDOUT: end
    01 03 0001 0008 00 00   00000000 00 000000                          // END_REQUEST: 0, complete
  `),
};

/** B.2: a body, and a pair that straddles two PARAMS records. */
export const splitParams: Flow = {
  fromServer: concat(
    begin(1, 1, 0),
    record(4, 1, PAIRS.subarray(0, 22)), // …SER
    record(4, 1, PAIRS.subarray(22)), // VER_ADDR…
    record(4, 1),
    record(5, 1, "colour=green&count=12"),
    record(5, 1),
  ),
  params: PARAMS,
  stdin: "colour=green&count=12",
  writes: [["stdout", HEAD + PAGE]],
  appStatus: 0,
  fromApplication: concat(aligned(6, 1, HEAD + PAGE), record(6, 1), end(1)),
};

/** B.3: an error in the log, a page for the client, and exit status 938. */
export const failingApplication: Flow = {
  fromServer: concat(begin(1, 1, 0), record(4, 1, PAIRS), record(4, 1), record(5, 1)),
  params: PARAMS,
  stdin: "",
  writes: [
    ["stdout", `${HEAD}<ht`],
    ["stderr", "configuration: no user id\n"],
    ["stdout", "ml>\n<p>Sorry.</p></html>\n"],
  ],
  appStatus: 938,
  fromApplication: concat(
    aligned(6, 1, `${HEAD}<ht`),
    aligned(7, 1, "configuration: no user id\n"),
    aligned(6, 1, "ml>\n<p>Sorry.</p></html>\n"),
    record(6, 1),
    record(7, 1),
    hex("01 03 0001 0008 00 00  000003AA 00 000000"),
  ),
};

/** B.4: two requests on one connection, the second one ends first. */
export interface TwoRequests {
  readonly params: Flow["params"];
  readonly head: string;
  readonly page: string;
  /** All of the first request; of the second one, its params without their end. */
  readonly fromServerFirst: Uint8Array;
  readonly fromServerThen: Uint8Array;
  readonly fromApplication: Uint8Array;
}

export const twoRequests: TwoRequests = {
  params: PARAMS,
  head: HEAD,
  page: PAGE,
  fromServerFirst: concat(begin(1), record(4, 1, PAIRS), record(4, 1), begin(2), record(4, 2, PAIRS), record(5, 1)),
  fromServerThen: concat(record(4, 2), record(5, 2)),
  fromApplication: concat(
    aligned(6, 1, HEAD),
    aligned(6, 2, HEAD + PAGE),
    record(6, 2),
    end(2),
    aligned(6, 1, PAGE),
    record(6, 1),
    end(1),
  ),
};

function aligned(type: number, id: number, content: string): Uint8Array {
  return record(type, id, content, (8 - (content.length % 8)) % 8);
}
