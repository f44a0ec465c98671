// Whoever sends bytes must not make us work more than in proportion to them. Work is counted, not timed: see operations.ts.
import { expect, test } from "vitest";

import { ResponseHeadDecoder } from "../src/cgi/response-head.ts";
import { RecordDecoder } from "../src/decoder.ts";
import { readHexdump } from "../src/hexdump.ts";
import { decodeNameValues } from "../src/name-values.ts";
import { ParamsCollector } from "../src/params.ts";
import { RecordOutput } from "../src/record-output.ts";
import { ScgiRequestDecoder } from "../src/scgi/request-decoder.ts";
import { countWork } from "./operations.ts";
import { ClientSide } from "./session/client-side.ts";
import { ResponderSide } from "./session/responder-side.ts";
import { begin, concat, end, head, latin1, pair, pattern, record } from "./vectors/wire.ts";

const noRecords = { onRecord: () => {}, onContent: () => {}, onRecordEnd: () => {} };
const noRequest = { onRequest: () => {}, onBody: () => {}, onBodyEnd: () => {} };
const anyHead = { maxBytes: 1e9, maxLines: 1e9 };
const anyParams = { maxParamsBytes: 1e9, maxParams: 1e9, maxParamBytes: 1e9, maxBufferedBytes: 1e9 };

function repeat(count: number, part: Uint8Array): Uint8Array {
  return concat(...Array.from({ length: count }, () => part));
}

function each(bytes: Uint8Array, take: (chunk: Uint8Array, start: number, end: number) => void, step = 1): void {
  for (let at = 0; at < bytes.length; at += step) take(bytes, at, Math.min(at + step, bytes.length));
}

/** What is done with an input that was made before: its size is `count` times something. */
const readers: readonly (readonly [string, (count: number) => () => void])[] = [
  [
    "RecordDecoder: empty records in one chunk",
    (count) => {
      const bytes = repeat(count, record(6, 1));
      return () => new RecordDecoder(noRecords).push(bytes);
    },
  ],
  [
    "[TF18] [W13] a session: records of one byte with 255 of padding",
    (count) => {
      const bytes = concat(repeat(count, record(6, 1, "x", 255, 0xff)), end(1));
      return () => {
        const side = new ClientSide();
        const call = side.begin();
        side.receive(bytes);
        if (call.endings !== 1) throw new Error("not the whole request");
      };
    },
  ],
  [
    "RecordDecoder: byte by byte",
    (count) => {
      const bytes = repeat(count, record(6, 1, "12345", 3));
      const decoder = new RecordDecoder(noRecords);
      return () => each(bytes, (chunk, start, until) => decoder.push(chunk, start, until));
    },
  ],
  [
    "name-value pairs: many short ones",
    (count) => {
      const bytes = repeat(count, pair("A", ""));
      return () => void decodeNameValues(bytes).get("A");
    },
  ],
  [
    "name-value pairs: many names",
    (count) => {
      const bytes = concat(...Array.from({ length: count }, (_, index) => pair(`N${index}`, "v")));
      return () => void decodeNameValues(bytes).get("N1");
    },
  ],
  [
    "PARAMS: byte by byte",
    (count) => {
      const bytes = repeat(count, pair("NAME", "value"));
      const params = new ParamsCollector(1e9, 1e9, 1e9);
      return () => {
        each(bytes, (chunk, start, until) => params.push(chunk, start, until));
        params.finish();
      };
    },
  ],
  [
    "a response head: a line without end, byte by byte",
    (count) => {
      const bytes = latin1(`X: ${"y".repeat(count * 10)}`);
      const decoder = new ResponseHeadDecoder(anyHead);
      return () => each(bytes, (chunk, start, until) => void decoder.push(chunk, start, until));
    },
  ],
  [
    "a response head: many lines in one chunk",
    (count) => {
      const bytes = latin1(`Content-Type: a\n${"X: y\n".repeat(count)}\n`);
      return () => void new ResponseHeadDecoder(anyHead).push(bytes);
    },
  ],
  [
    "a response head: many lines, byte by byte",
    (count) => {
      const bytes = latin1(`Content-Type: a\n${"Set-Cookie: y\n".repeat(count)}\n`);
      const decoder = new ResponseHeadDecoder(anyHead);
      return () => each(bytes, (chunk, start, until) => void decoder.push(chunk, start, until));
    },
  ],
  [
    "an SCGI request: byte by byte",
    (count) => {
      const names = Array.from({ length: count }, (_, index) => `N${index}\0v\0`).join("");
      const headers = `CONTENT_LENGTH\0${count}\0SCGI\x001\0${names}`;
      const bytes = latin1(`${headers.length}:${headers},${"b".repeat(count)}`);
      const decoder = new ScgiRequestDecoder(noRequest, { maxParamsBytes: 1e9, maxParams: 1e9 });
      return () => each(bytes, (chunk, start, until) => decoder.push(chunk, start, until));
    },
  ],
  [
    "an application: requests one after the other",
    (count) => {
      const bytes = repeat(count, concat(head(1, { A: "b" }), record(5, 1, "x"), record(5, 1)));
      const side = new ResponderSide({}, ({ exchange }) => exchange.end());
      return () => each(bytes, (chunk, start, until) => side.session.receive(chunk, start, until), 1_000);
    },
  ],
  [
    "an application: ids that only grow, with some at once",
    (count) => {
      const bytes = concat(...Array.from({ length: count }, (_, index) => head(1 + (index % 65_535))));
      const open: { end(): void }[] = [];
      const side = new ResponderSide({}, ({ exchange }) => {
        open.push(exchange);
        if (open.length > 20) open.shift()?.end();
      });
      return () => side.session.receive(bytes);
    },
  ],
  [
    "an application: PARAMS in records of one byte",
    (count) => {
      const bytes = concat(begin(1), ...Array.from({ length: count }, () => record(4, 1, "\0")), record(4, 1));
      const side = new ResponderSide(anyParams);
      return () => side.session.receive(bytes);
    },
  ],
  [
    "an application: questions",
    (count) => {
      const bytes = repeat(count, concat(record(9, 0, pair("FCGI_MPXS_CONNS", "")), record(77, 0), begin(2, 9)));
      const side = new ResponderSide({ maxBufferedBytes: 1e9 });
      return () => side.session.receive(bytes);
    },
  ],
  [
    "a web server: STDOUT and STDERR in records of one byte",
    (count) => {
      const side = new ClientSide();
      const session = side.session;
      side.begin().onStdout = () => {};
      const bytes = repeat(count, concat(record(6, 1, "a", 7), record(7, 1, "b", 7)));
      return () => session.receive(bytes);
    },
  ],
  [
    "a web server: many requests at once, ended in the order of their ids",
    (count) => {
      const { session } = new ClientSide({ multiplex: 65_535 });
      const handler = { onStdout: () => {}, onStderr: () => {}, onEnd: () => {}, onError: () => {} };
      const ends = concat(...Array.from({ length: count }, (_, index) => end(index + 1)));
      return () => {
        for (let turn = 0; turn < count; turn++) session.begin({ role: 1, keepConn: true, params: {} }, handler);
        session.receive(ends);
      };
    },
  ],
  [
    "RecordOutput: small content that nobody takes",
    (count) => {
      const output = new RecordOutput(() => {});
      const chunk = pattern(50);
      return () => {
        for (let turn = 0; turn < count; turn++) output.stream(6, 1, chunk);
        output.take();
      };
    },
  ],
  [
    "RecordOutput: params over many records",
    (count) => {
      const params = Array.from({ length: count }, (_, index) => [`N${index}`, "v".repeat(100)] as const);
      const output = new RecordOutput(() => {});
      return () => output.request(1, 1, true, params);
    },
  ],
  [
    "a hexdump",
    (count) => {
      const lines = Array.from(
        { length: count },
        (_, index) => `${(index * 4).toString(16).padStart(8, "0")}: 0101 0001`,
      );
      const text = lines.join("\n");
      return () => void readHexdump(text);
    },
  ],
];

/** How much more work sixteen times the input is. */
function growth(prepare: (count: number) => () => void): number {
  prepare(10)(); // what is done once, is done
  return countWork(prepare(16_384)) / countWork(prepare(1_024));
}

// Between them lies what buffers cost that are doubled, or leased in slabs.
test.for(readers)("[V14] [Z1] sixteen times the bytes are sixteen times the work: %s", ([, prepare]) => {
  expect(growth(prepare)).toBeGreaterThan(10);
  expect(growth(prepare)).toBeLessThan(24);
});

test("work that grows faster is seen", () => {
  const grown = growth((count) => {
    const bytes = repeat(count, record(6, 1, "1"));
    let all: Uint8Array = new Uint8Array(0);
    const onContent = (): void => {
      const longer = new Uint8Array(all.length + 1);
      longer.set(all);
      all = longer;
    };
    return () => new RecordDecoder({ ...noRecords, onContent }).push(bytes);
  });
  expect(grown).toBeGreaterThan(100);
});
