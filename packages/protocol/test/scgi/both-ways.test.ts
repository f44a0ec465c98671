// The web server's and the application's side of SCGI, with a wire between them that cuts where it likes.
import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeResponseHead } from "../../src/cgi/response-encoder.ts";
import { ResponseHeadDecoder } from "../../src/cgi/response-head.ts";
import { ScgiRequestEncoder } from "../../src/scgi/request-encoder.ts";
import { strictScgi } from "../vectors/scgi.ts";
import { concat, cut, latin1, textOf } from "../vectors/wire.ts";
import { Received } from "./received.ts";

const name = fc.string({ unit: fc.constantFrom("A", "B", "_", "\xe9"), minLength: 1, maxLength: 3 });
const value = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});

test("[S1] [S2] [S3] [S4] [S5] [S6] [S7] [S10] any params and body come out as they went in", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 8 }),
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
      (params, pieces, sizes) => {
        const body = concat(...pieces);
        const request = new ScgiRequestEncoder(params, body.length);
        const bytes = concat(request.head, ...pieces.map((piece) => request.body(piece)));
        request.end();
        const strict = strictScgi(bytes);
        expect(strict.body).toBe(textOf(body));

        const received = new Received().push(...cut(bytes, sizes));
        received.decoder.end();
        expect([...received.params!]).toEqual(strict.headers);
        const { CONTENT_LENGTH: _length, SCGI: _scgi, ...others } = received.params!.toObject();
        expect(others).toEqual(Object.fromEntries(new Map(params)));
        expect(received.body).toBe(textOf(body));
      },
    ),
  );
});

test.for(["Status: 404 Not Found", "HTTP/1.1 404 Not Found"])(
  "[S8] [S9] [P86] the response is a CGI head, or one with a status line, and a body up to the end of the connection: %s",
  (first) => {
    const response = latin1(`${first}\r\nContent-Type: text/plain\r\n\r\nno such page`);
    for (const sizes of [[], [1], [5]]) {
      const decoder = new ResponseHeadDecoder({ statusLine: true });
      let body = "";
      for (const chunk of cut(response, sizes)) {
        const at = decoder.push(chunk, 0, chunk.length);
        if (at >= 0) body += textOf(chunk.subarray(at));
      }
      decoder.end();
      expect(decoder.head).toMatchObject({ statusCode: 404, statusText: "Not Found" });
      expect(body).toBe("no such page");
    }
  },
);

test("[S9] an application writes the head as for FastCGI", () => {
  const decoder = new ResponseHeadDecoder({ statusLine: true });
  const bytes = encodeResponseHead(200, "OK", ["Content-Type", "text/plain"]);
  expect(decoder.push(bytes)).toBe(bytes.length);
  expect(decoder.head.rawHeaders).toEqual(["Content-Type", "text/plain"]);
});
