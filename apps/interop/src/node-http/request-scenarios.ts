import { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

import { propertiesOf } from "./properties.ts";
import type { Scenario } from "./scenario.ts";

/** What applications do with requests. */
export const requestScenarios: readonly Scenario[] = [
  {
    title: "every property of request and response, before and after the end",
    method: "POST",
    path: "/properties",
    body: "a body",
    listener(request, response, note) {
      note("request", propertiesOf(request));
      note("response", propertiesOf(response));
      request.resume().on("end", () => {
        note("a read request", propertiesOf(request));
        response.setHeader("X-One", "1");
        response.end("done");
        note("an ended response", propertiesOf(response));
      });
    },
  },
  {
    title: "the head",
    path: "/a%20b/../c?d=%00&e",
    headers: { "x-one": "1", cookie: "a=1; b=2", "accept-language": "de" },
    listener(request, response, note) {
      const { method, url, httpVersion, httpVersionMajor, httpVersionMinor, headers, statusCode } = request;
      note("head", method, url, httpVersion, httpVersionMajor, httpVersionMinor, statusCode);
      const { connection: _ours, ...rest } = headers;
      note("headers", rest);
      const names = request.rawHeaders.filter((_name, at) => at % 2 === 0).map((name) => name.toLowerCase());
      note("rawHeaders", names.filter((name) => name !== "connection").toSorted());
      note("trailers", request.trailers, request.rawTrailers);
      note("state", request.complete, request.aborted, request.destroyed, request.readable, request.readableFlowing);
      note("kind", request instanceof IncomingMessage, Object.getPrototypeOf(request) === IncomingMessage.prototype);
      note("lengths", request.readableHighWaterMark, request.readableLength);
      response.end();
    },
  },
  {
    title: "an attempt to upgrade that nobody listens for",
    headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    listener(request, response, note) {
      // The field itself is one of the connection's, which is the web server's here.
      note("upgrade", (request as { upgrade?: boolean }).upgrade, request.method, request.url);
      response.end("an answer like any other");
    },
  },
  {
    title: "the socket",
    listener(request, response, note) {
      const { socket } = request;
      const { remoteAddress, remoteFamily, localAddress, destroyed, readable, writable } = socket;
      note("peer", remoteAddress, remoteFamily, typeof socket.remotePort, localAddress, typeof socket.localPort);
      note("state", destroyed, readable, writable, (socket as { encrypted?: boolean }).encrypted);
      note("same", request.socket === response.socket, request.connection === socket, socket.readyState);
      note(
        "chained",
        socket.setTimeout(0) === socket,
        socket.setKeepAlive() === socket,
        socket.setNoDelay() === socket,
      );
      response.end();
      note("after", response.socket === socket, request.socket === socket);
    },
  },
  {
    title: "a body by events",
    method: "POST",
    body: "one two three",
    listener(request, response, note) {
      note("length", request.headers["content-length"], request.headers["transfer-encoding"]);
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        note("end", Buffer.concat(parts).toString(), request.complete, request.readableEnded);
        response.end("done");
      });
    },
  },
  {
    title: "a body without a length",
    method: "POST",
    body: ["one ", "two"],
    async listener(request, response, note) {
      note("length", request.headers["content-length"], request.headers["transfer-encoding"]);
      response.end(await text(request));
    },
  },
  {
    title: "a body with an encoding set",
    method: "PUT",
    body: "gr\u00fc\u00df",
    async listener(request, response, note) {
      request.setEncoding("utf8");
      let all = "";
      for await (const part of request) all += part as string;
      note("body", all);
      response.end(all);
    },
  },
  {
    title: "an echo through pipe",
    method: "POST",
    body: "x".repeat(300_000),
    listener: (request, response) => void request.pipe(response),
  },
  {
    title: "a body that nobody reads",
    method: "POST",
    body: "ignored",
    listener: (_request, response) => void response.end("thanks"),
  },
  {
    title: "a body that is read after the response",
    method: "POST",
    body: "late",
    listener(request, response, note) {
      response.end("early");
      request.on("data", (part: Buffer) => note("data", part.toString()));
      request.on("end", () => note("end", request.complete));
    },
  },
  {
    title: "a GET whose end is waited for",
    listener(request, response, note) {
      request.resume().on("end", () => {
        note("end", request.complete, request.readableEnded);
        response.end("ended");
      });
    },
  },
  {
    title: "readable events",
    method: "POST",
    body: "abc",
    listener(request, response, note) {
      const parts: string[] = [];
      request.on("readable", () => {
        for (let part = request.read() as Buffer | null; part !== null; part = request.read() as Buffer | null) {
          parts.push(part.toString());
        }
      });
      request.on("end", () => {
        note("parts", parts.join(""));
        response.end();
      });
    },
  },
  {
    title: "a client that leaves before the answer",
    leaves: true,
    listener(request, response, note, leave) {
      request.on("error", (error: NodeJS.ErrnoException) => note("error", error.message, error.code));
      response.on("close", () => {
        note("write", response.write("too late"), response.destroyed, request.socket.destroyed);
        response.end("too late");
      });
      leave();
    },
  },
  {
    title: "a client that leaves between parts",
    leaves: true,
    listener(request, response, note, leave) {
      response.write("begun");
      response.on("close", () => note("closed", response.writableEnded, response.writableFinished, request.aborted));
      leave();
    },
  },
];
