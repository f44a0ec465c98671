import { createServer } from "node:http";
import { Duplex } from "node:stream";

import fc from "fast-check";
import { expect, test } from "vitest";

import { parseRequests } from "../support/parse-requests.ts";
import { GOOD } from "../support/request-corpus.ts";

interface Understood {
  method: string | undefined;
  target: string | undefined;
  version: string;
  headers: readonly string[];
  body: string;
}

/** What Node's own parser makes of the bytes of a connection, up to the end of the last complete request. */
function understoodByNode(text: string): Promise<{ requests: Understood[]; refused: string | undefined }> {
  return new Promise((resolve) => {
    const requests: Understood[] = [];
    let refused: string | undefined;
    let pending = 0;
    let told = false;
    const socket = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, callback) => callback(),
      destroy: (_error, callback) => {
        callback(null);
        resolve({ requests, refused });
      },
    });
    const look = (): void => {
      if (told && pending === 0) setImmediate(() => socket.destroy());
    };
    const server = createServer({ requireHostHeader: false, keepAliveTimeout: 0 }, (request, response) => {
      const { method, url: target, httpVersion: version, rawHeaders: headers } = request;
      const understood: Understood = { method, target, version, headers, body: "" };
      pending++;
      request.on("data", (chunk: Buffer) => (understood.body += chunk.toString("latin1")));
      request.on("end", () => {
        requests.push(understood);
        pending--;
        response.shouldKeepAlive = true;
        response.end();
        look();
      });
      request.on("error", () => undefined);
    });
    server.on("clientError", (error: NodeJS.ErrnoException) => {
      refused = error.code;
      socket.destroy();
    });
    server.emit("connection", socket);
    socket.push(Buffer.from(text, "latin1"));
    setImmediate(() => {
      told = true;
      look();
    });
  });
}

/** What ours makes of them. */
function understoodByUs(text: string): Understood[] {
  return parseRequests(text).requests.map(({ method, target, version, headers, body }) => ({
    method,
    target,
    version,
    headers,
    body,
  }));
}

test.each(GOOD)("means to us what it means to llhttp: %s", async (_title, bytes) => {
  const node = await understoodByNode(bytes);
  expect(node.refused).toBeUndefined();
  expect(understoodByUs(bytes)).toEqual(node.requests);
});

test("what we understand, llhttp understands in the same way", async () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
  const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
  const blank = fc.constantFrom("", " ", "\t", "  \t ");
  const reserved = /^(?:connection|content-length|transfer-encoding|upgrade|expect|host|proxy-connection)$/i;
  const field = fc
    .tuple(token, blank, value, blank)
    .filter(([name]) => !reserved.test(name))
    .map(([name, before, content, after]) => `${name}:${before}${content}${after}\r\n`);
  const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const framed = fc.oneof(
    fc.constant("\r\n"),
    content.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`),
    fc
      .array(
        content.filter((body) => body !== ""),
        { maxLength: 4 },
      )
      .map((bodies) => {
        const chunks = bodies.map((body) => `${body.length.toString(16)}\r\n${body}\r\n`);
        return `Transfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`;
      }),
  );
  const request = fc
    .tuple(
      fc.constantFrom("GET", "POST", "DELETE", "PROPFIND", "M-SEARCH", "QUERY"),
      fc.stringMatching(/^\/[!-~]{0,30}$/),
      fc.array(field, { maxLength: 6 }),
      framed,
    )
    .map(([method, target, fields, rest]) => `${method} ${target} HTTP/1.1\r\n${fields.join("")}${rest}`);
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const text = requests.join("");
      const node = await understoodByNode(text);
      const ours = understoodByUs(text);
      expect(ours).toHaveLength(requests.length);
      expect(node.refused).toBeUndefined();
      expect(ours).toEqual(node.requests);
    }),
    { numRuns: 300 },
  );
});
