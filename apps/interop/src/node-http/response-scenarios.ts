import { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Note, Scenario } from "./scenario.ts";

/** What applications do with responses. */
export const responseScenarios: readonly Scenario[] = [
  {
    title: "a fresh response",
    listener(request, response, note) {
      state(response, note);
      note(
        "defaults",
        response.statusCode,
        response.statusMessage,
        response.strictContentLength,
        response.req === request,
      );
      note("kind", response instanceof ServerResponse, Object.getPrototypeOf(response) === ServerResponse.prototype);
      note("lengths", response.writableLength, response.writableCorked, response.writableObjectMode);
      response.end();
      state(response, note);
      note("said", response.statusCode, response.statusMessage);
    },
  },
  {
    title: "headers one by one",
    listener(_request, response, note) {
      response.setHeader("X-One", "1").setHeader("X-Many", ["a", "b"]).appendHeader("X-Many", "c");
      response.setHeader("Set-Cookie", ["a=1", "b=2"]).setHeader("X-Gone", "x").removeHeader("X-Gone");
      response.setHeaders(new Map([["X-Map", "m"]]));
      note("names", response.getHeaderNames(), response.hasHeader("X-ONE"));
      note("values", response.getHeaders(), response.getHeader("x-many"));
      response.end("text");
      note(
        "sent",
        response.headersSent,
        code(() => response.setHeader("X-Late", "1")),
        code(() => response.writeHead(200)),
      );
    },
  },
  {
    title: "headers that cannot be",
    listener(_request, response, note) {
      note(
        "value",
        code(() => response.setHeader("X-A", "a\r\nb: c")),
        code(() => response.setHeader("X-A", "\u0100")),
      );
      note(
        "name",
        code(() => response.setHeader("X A", "a")),
        code(() => response.setHeader("", "a")),
      );
      note(
        "head",
        code(() => response.writeHead(99)),
        code(() => response.writeHead(200, "a\nb")),
      );
      response.statusMessage = "Fine";
      response.end();
    },
  },
  {
    title: "writeHead with a message and headers",
    listener(_request, response, note) {
      response.setHeader("X-A", "1").setHeader("X-B", "1");
      response.writeHead(418, "Short and stout", { "X-B": "2", "Content-Type": "text/plain" });
      note("said", response.statusMessage, response.headersSent, response.getHeader("x-b"));
      response.end("tea");
    },
  },
  {
    title: "writeHead with a flat list",
    listener: (_request, response) => void response.writeHead(201, ["X-A", "1", "x-a", "2"]).end("made"),
  },
  {
    title: "Latin-1 in a header",
    listener: (_request, response) => void response.setHeader("X-Latin1", "caf\u00e9").end(Buffer.from("x")),
  },
  {
    title: "fields of the connection",
    listener(_request, response) {
      response.setHeader("Connection", "close").setHeader("Transfer-Encoding", "chunked");
      response.write("one ");
      response.end("two");
    },
  },
  {
    title: "trailers",
    listener(_request, response) {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": "1" });
      response.end();
    },
  },
  {
    title: "parts and their callbacks",
    listener(_request, response, note) {
      note(
        "first",
        response.write("one ", () => note("written one")),
      );
      note(
        "second",
        response.write(Buffer.from("two "), () => note("written two")),
      );
      note("third", response.write("dGhyZWU=", "base64"), response.headersSent);
      response.end(" four", () => note("ended"));
    },
  },
  {
    title: "encodings",
    listener(_request, response) {
      response.write("\u00fc", "latin1");
      response.write("c3bc", "hex");
      response.write(new Uint8Array([65, 66]));
      response.end("\u00fc");
    },
  },
  {
    title: "flushHeaders",
    listener(_request, response, note) {
      response.flushHeaders();
      note("flushed", response.headersSent, response.writableEnded);
      setImmediate(() => response.end("later"));
    },
  },
  ...["HEAD", "GET"].flatMap((method) =>
    [200, 204, 304].map((status): Scenario => ({
      title: `${method} answered by ${status} with a body`,
      method,
      listener(_request, response, note) {
        response.statusCode = status;
        response.setHeader("ETag", '"1"');
        note(
          "write",
          response.write("dropped? ", () => note("written")),
        );
        response.end("dropped?", () => note("ended"));
      },
    })),
  ),
  {
    title: "HEAD answered by end alone",
    method: "HEAD",
    listener: (_request, response) => void response.end("123"),
  },
  {
    title: "an empty answer",
    listener: (_request, response) => void response.end(),
  },
  {
    title: "ends twice and writes after the end",
    listener(_request, response, note) {
      response.on("error", (error: NodeJS.ErrnoException) => note("error", error.code));
      response.end("once");
      response.end();
      note("write", response.write("more"));
    },
  },
  {
    title: "backpressure",
    listener(_request, response, note) {
      let left = 400;
      let waited = false;
      const more = (): void => {
        while (left-- > 0) {
          if (response.write("x".repeat(16_384))) continue;
          waited = true;
          note.call(undefined, "needs drain", response.writableNeedDrain);
          note = () => {}; // how often is the system's affair
          response.once("drain", more);
          return;
        }
        response.end();
      };
      response.on("finish", () => {
        response.setMaxListeners(waited ? 20 : 1);
      });
      more();
    },
  },
  {
    title: "pipeline",
    async listener(_request, response, note) {
      await pipeline(Readable.from(parts(64, 50_000)), response);
      note("piped", response.writableFinished, response.writableNeedDrain);
    },
  },
  {
    title: "informational responses",
    listener(_request, response, note) {
      response.writeContinue(() => note("continue"));
      response.writeProcessing(() => note("processing"));
      response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => note("hints"));
      setImmediate(() => response.end("final"));
    },
  },
  {
    title: "a length that is not kept",
    otherAnswer: true,
    listener(_request, response, note) {
      response.strictContentLength = true;
      response.setHeader("Content-Length", 3);
      note(
        "error",
        code(() => response.end("four")),
      );
      response.destroy();
    },
  },
  {
    title: "cork",
    listener(_request, response, note) {
      response.cork();
      response.write("a");
      note("corked", response.writableCorked);
      response.write("b");
      response.uncork();
      note("uncorked", response.writableCorked);
      response.end("c");
    },
  },
  {
    title: "a response destroyed before the head",
    otherAnswer: true, // a web server hears of a 500 instead of a reset connection
    listener(request, response, note) {
      response.destroy();
      note("destroyed", response.destroyed, response.headersSent, request.socket.destroyed);
    },
  },
  {
    title: "a response destroyed in the middle",
    listener(_request, response, note) {
      response.write("half", () => response.destroy());
      note("begun", response.headersSent);
    },
  },
  {
    title: "a request destroyed with an error",
    otherAnswer: true,
    listener(request, _response, note) {
      request.on("error", (error) => note("error", error.message));
      request.destroy(new Error("enough"));
    },
  },
  {
    title: "a timeout that somebody sees",
    listener(_request, response, note) {
      response.setTimeout(1, () => {
        note("timeout");
        response.end("too slow");
      });
    },
  },
  {
    title: "a timeout that nobody sees",
    otherAnswer: true,
    listener: (_request, response) => void response.setTimeout(1),
  },
];

function state(response: ServerResponse, note: Note): void {
  const { headersSent, writableEnded, writableFinished, destroyed, closed, writable, finished } = response;
  note("state", headersSent, writableEnded, writableFinished, destroyed, closed, writable, finished);
}

function code(call: () => unknown): unknown {
  try {
    call();
    return "fine";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function* parts(count: number, size: number): Generator<Buffer> {
  for (let at = 0; at < count; at++) yield Buffer.alloc(size, at);
}
