// HAProxy's FastCGI multiplexer has been in use, and under attack, for years. Each fault that was found in it, named by
// the commit that repaired it, is one test here, in the order of its log.
import { describe, expect, test } from "vitest";

import { encodeResponseHead } from "../src/cgi/response-encoder.ts";
import { isSafeScriptPath, splitScriptPath } from "../src/cgi/script-path.ts";
import { describeRecord } from "../src/describe-record.ts";
import { RecordOutput } from "../src/record-output.ts";
import { decode, fields } from "./cgi/heads.ts";
import { variablesOf } from "./cgi/variables.ts";
import { ClientSide } from "./session/client-side.ts";
import { ResponderSide } from "./session/responder-side.ts";
import { INCOMPLETE } from "./vectors/name-values.ts";
import {
  begin,
  concat,
  cut,
  end,
  head,
  latin1,
  pair,
  pattern,
  record,
  sameBytes,
  strictRecords,
} from "./vectors/wire.ts";

describe("records", () => {
  test("[V6] [TF01] 0aeae2305: a body over 65,535 bytes is cut, its length never; what looks like records in it stays body", () => {
    const smuggled = concat(begin(1), record(4, 1, pair("PHP_VALUE", "auto_prepend_file=/etc/passwd")), record(4, 1));
    const body = concat(...Array.from({ length: 2_000 }, () => smuggled));
    for (const size of [65_535, 65_536, 65_544, 99_000, 131_072, body.length]) {
      const side = new ClientSide();
      const { exchange } = side.begin();
      exchange.writeStdin(body, 0, size);
      exchange.endStdin();
      const sent = side.sent();
      expect(sent.map(({ type }) => type)).toEqual([1, 4, ...sent.slice(2).map(() => 5)]);
      expect(sameBytes(concat(...sent.slice(2).map(({ content }) => content)), body.subarray(0, size))).toBe(true);
    }
  });

  test("[V5] [P11] [TF02] 598527673: 65,535 bytes and up to 255 of padding are more than 16 bits, and END_REQUEST is found behind", () => {
    for (const padding of [0, 1, 7, 254, 255]) {
      const side = new ClientSide();
      const call = side.begin();
      side.receive(record(6, 1, pattern(65_535), padding, 0x01), end(1, 7));
      expect([call.stdout.length, call.end, side.fatal]).toEqual([65_535, { appStatus: 7, protocolStatus: 0 }, []]);
    }
  });

  test.for(INCOMPLETE)("[V7] [TF13] 96286b2a8: GET_VALUES_RESULT with %s is not read beyond its end", ([, bytes]) => {
    const side = new ClientSide();
    side.session.requestValues();
    side.receive(record(10, 0, bytes), pair("FCGI_MPXS_CONNS", "1"));
    expect([side.fatal.map(({ code }) => code), side.values]).toEqual([["FCGI_ERR_BAD_NAME_VALUES"], []]);
  });

  test("[V8] [P19] [TF03] 3ac082b2b: no record of a request has id 0, at either end", () => {
    for (let type = 1; type <= 8; type++) {
      const bytes = record(type, 0, type === 1 || type === 3 ? new Uint8Array(8) : "");
      const client = new ClientSide();
      const call = client.begin();
      client.receive(bytes);
      const application = new ResponderSide();
      application.receive(bytes);
      expect([client.fatal[0]?.code, call.error?.code]).toEqual(["FCGI_ERR_BAD_RECORD", "FCGI_ERR_BAD_RECORD"]);
      expect(application.fatal[0]?.code).toBe("FCGI_ERR_BAD_RECORD");
    }
  });

  test("[P42] a01ba66bc: one param more than there is room for is noticed", () => {
    const side = new ResponderSide({ maxParams: 101 });
    const names = Array.from({ length: 102 }, (_, index) => pair(`N${index}`, ""));
    side.receive(begin(1), record(4, 1, concat(...names.slice(0, 101))), record(4, 1));
    expect(side.served[0]!.exchange.params.size).toBe(101);
    side.receive(begin(2), record(4, 2, concat(...names)), record(4, 2));
    expect(side.fatal[0]?.code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test("[V10] 57faf0971: PARAMS into a buffer that is nearly full", () => {
    const params = { SCRIPT_NAME: "/index.php", QUERY_STRING: "a=b", HTTP_COOKIE: "c".repeat(200) };
    const expected = concat(...Object.entries(params).map(([name, value]) => pair(name, value)));
    for (let fill = 0; fill <= 4_200; fill += 8) {
      const output = new RecordOutput(() => {});
      output.stream(5, 9, new Uint8Array(fill));
      output.request(1, 1, true, params);
      output.request(2, 1, true, params);
      const records = strictRecords(concat(...output.take())).filter(({ id }) => id !== 9);
      expect(records.map(({ type, id }) => `${type}/${id}`)).toEqual(["1/1", "4/1", "4/1", "1/2", "4/2", "4/2"]);
      expect(records[1]!.content).toEqual(expected);
      expect(records[4]!.content).toEqual(expected);
    }
  });

  test("[V9] [P14] [P29] uninitialised reserved bytes: every one is 0, in memory full of rubbish", () => {
    // A fixed output has had its lease filled by a request that was refused while it was written.
    const output = new RecordOutput(() => {});
    for (let turn = 0; turn < 50; turn++) {
      expect(() => output.params(1, { A: "\xaa".repeat(3_000), B: "\0" })).toThrow("NUL");
    }
    output.beginRequest(1, 1, true);
    output.endRequest(1, 2, 3);
    output.unknownType(99);
    output.abortRequest(1);
    output.stream(5, 1, latin1("abc"));
    output.params(1, { A: "b" });
    expect(concat(...output.take())).toEqual(
      concat(
        begin(1),
        end(1, 2, 3),
        record(11, 0, latin1("\x63\0\0\0\0\0\0\0")),
        record(2, 1),
        record(5, 1, "abc", 5),
        record(4, 1, pair("A", "b"), 4),
        record(4, 1),
      ),
    );
  });
});

describe("streams and connections", () => {
  test("[V10] [V40] [TF10] f495d486e: STDERR keeps its bytes, and is shown on one line", () => {
    const side = new ClientSide();
    const call = side.begin();
    const text = "bad\r\nFAKE LOG\x1b[31m";
    side.receive(record(7, 1, text));
    expect(call.stderr).toBe(text);
    expect(describeRecord({ type: 7, requestId: 1, content: latin1(text) })).toBe(
      'STDERR 1, 18 bytes: "bad\\r\\nFAKE LOG\\x1b[31m"',
    );
  });

  test("[V10] 7f85433a9: an empty STDERR does not end the request, nor hold it up", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(record(7, 1), record(6, 1, "page"), record(7, 1), record(7, 1, "late"), end(1));
    expect(call.told).toEqual(["stdout:page", "stderr:late"]);
    expect(call.end).toEqual({ appStatus: 0, protocolStatus: 0 });
  });

  test("[V10] [P18] [TF16] 5f927f603, 0e0825229: the end inside a record ends the request, once, and nothing goes to and fro", () => {
    const bytes = concat(record(6, 1, "page", 3), end(1));
    for (let at = 0; at < bytes.length; at++) {
      const side = new ClientSide();
      const call = side.begin();
      side.sentBytes();
      side.receive(bytes.subarray(0, at));
      for (let turn = 0; turn < 3; turn++) side.session.receiveEnd();
      expect([call.endings, call.error === undefined, side.fatal.length]).toEqual([1, false, 1]);
      expect([side.session.active, side.output.pendingBytes]).toEqual([0, 0]);
    }
  });

  test("[V10] [P71] 56c4b29ff, e8c7fb358: a body that turns out to be empty still ends STDIN", () => {
    const bodies: Uint8Array[][] = [[], [new Uint8Array(0)], [new Uint8Array(0), new Uint8Array(0)]];
    for (const pieces of bodies) {
      const side = new ClientSide();
      const { exchange } = side.begin();
      for (const piece of pieces) exchange.writeStdin(piece);
      exchange.endStdin();
      exchange.endStdin();
      expect(side.sent().map(({ type, content }) => [type, content.length])).toEqual([
        [1, 8],
        [4, 0],
        [5, 0],
      ]);
    }
  });

  test("[V10] [P22] [P70] 7668409cf: what still comes for a request that has ended is skipped, and ends", () => {
    const side = new ResponderSide({}, ({ exchange }) => exchange.id === 1 && exchange.end());
    const rest = concat(...Array.from({ length: 2_000 }, () => record(5, 1, pattern(100), 4)), record(5, 1));
    side.receive(head(1), ...cut(rest, [1_000, 77]), head(2), record(5, 2, "mine"));
    expect([side.served.map(({ stdin }) => stdin), side.fatal]).toEqual([["", "mine"], []]);
  });

  test("[V10] [P63] 5b1c2277a: an abort at any time leaves no request that waits for ever", () => {
    const stages = [begin(1), record(4, 1, pair("A", "b")), record(4, 1), record(5, 1, "x"), record(5, 1)];
    for (let done = 1; done <= stages.length; done++) {
      const side = new ResponderSide({}, (served) => {
        served.onAbort = (): void => served.exchange.end();
      });
      side.receive(...stages.slice(0, done), record(2, 1));
      expect(side.sent().filter(({ type }) => type === 3)).toHaveLength(1);
      expect([side.session.active, side.session.receiving]).toEqual([0, false]);
    }
  });

  test("[V10] [V16] 5b1c2277a: nor does one in the web server, if the application answers or goes", () => {
    for (const goes of [false, true]) {
      const side = new ClientSide({ multiplex: 2 });
      const [aborted, other] = [side.begin(), side.begin()];
      aborted.exchange.abort();
      if (goes) side.session.receiveEnd();
      else side.receive(record(6, 1, "late"), end(1, 1));
      expect([aborted.exchange.ended, aborted.told, aborted.endings]).toEqual([true, [], 0]);
      expect([other.endings, side.session.active]).toEqual(goes ? [1, 0] : [0, 1]);
    }
  });
});

describe("from HTTP to params, and back", () => {
  test('[C31] "Don\'t url-decode QUERY_STRING"', () => {
    expect(variablesOf({ queryString: "a=%2F&b=%41+%00" })["QUERY_STRING"]).toBe("a=%2F&b=%41+%00");
  });

  test('[C31] "Don\'t send normalized uri": REQUEST_URI is what came', () => {
    const requestUri = "/a/../b//%2e%2E/c?x=/../y";
    expect(variablesOf({ requestUri })["REQUEST_URI"]).toBe(requestUri);
  });

  test.for(["\n", "\r", "\0", "\x7f", "\t"])(
    '[V30] [TD06] "Forbid special characters when matching PATH_INFO": %j',
    (special) => {
      const path = `/index.php/${special}x`;
      expect(isSafeScriptPath(path)).toBe(false);
      // Where it is cut all the same, no byte of it is lost: an empty PATH_INFO is what CVE-2019-11043 needed.
      expect(splitScriptPath(path, [".php"])).toEqual({ scriptName: "/index.php", pathInfo: `/${special}x` });
    },
  );

  test('[C11] "Don\'t set status to 302 if already set"', () => {
    for (const [status, kind] of [
      ["201 Created", "document"],
      ["307 Temporary Redirect", "client-redirect"],
      ["200 OK", "document"],
    ] as const) {
      const { head } = decode(`Location: https://example.org/\nStatus: ${status}\n\n`);
      expect([head?.statusCode, head?.kind]).toEqual([Number(status.slice(0, 3)), kind]);
    }
  });

  test("[C9] the reason text of the 302 that a Location makes", () => {
    const { head } = decode("Location: https://example.org/\n\n");
    expect([head?.statusCode, head?.statusText]).toEqual([302, "Found"]);
  });

  test('[C18] [C26] "Don\'t add C-L on HEAD": no Content-Length is made up on the way', () => {
    const headers = fields("Content-Type: text/html");
    const { head } = decode(Buffer.from(encodeResponseHead(200, "OK", headers)).toString("latin1"));
    expect([head?.contentLength, head?.rawHeaders]).toEqual([undefined, headers]);
    expect(decode("Content-Type: a\nContent-Length: 5\n\n").head?.contentLength).toBe(5);
  });
});
