import type { ResponseHead } from "@x/protocol/cgi";
import { FastCGIError } from "@x/protocol/errors";
import { expect, test } from "vitest";

import type { DispatchController } from "../src/dispatcher.ts";
import { responseHandler } from "../src/response-handler.ts";
import type { ResponseHandler, ResponseHandlerOptions } from "../src/response-handler.ts";

/** A response handler, driven without a connection. */
class Driver implements ResponseHandler {
  head: ResponseHead | undefined;
  rawHeaders: string[] = [];
  body = "";
  calls: string[] = [];
  error: FastCGIError | undefined;
  readonly controller: DispatchController = {
    protocol: "fastcgi",
    address: "unix:/run/app.sock",
    requestId: 7,
    reused: false,
    stdoutEnded: false,
    stderrTail: "PHP Fatal error",
    pause: () => {},
    resume: () => {},
    abort: (reason) => this.#dispatch.onError(reason as FastCGIError, this.controller),
    retain: () => {
      throw new Error("not here");
    },
  };
  readonly #dispatch;

  constructor(options: ResponseHandlerOptions = {}) {
    this.#dispatch = responseHandler(this, options);
    this.#dispatch.onStart?.(this.controller);
  }

  stdout(...chunks: string[]): this {
    for (const chunk of chunks) this.#dispatch.onStdout(Buffer.from(chunk, "latin1"), this.controller);
    return this;
  }

  end(appStatus = 0): this {
    this.#dispatch.onEnd({ appStatus, protocolStatus: 0 }, this.controller);
    return this;
  }

  fail(error: FastCGIError, controller: Partial<DispatchController> = {}): this {
    this.#dispatch.onError(error, { ...this.controller, ...controller });
    return this;
  }

  onResponseStart(_controller: DispatchController, statusCode: number, rawHeaders: string[], head: ResponseHead): void {
    this.head = head;
    this.rawHeaders = rawHeaders;
    this.calls.push(`start ${statusCode}`);
  }

  onResponseData(_controller: DispatchController, chunk: Uint8Array): void {
    this.body += Buffer.from(chunk).toString("latin1");
    if (this.calls.at(-1) !== "data") this.calls.push("data");
  }

  onResponseEnd(): void {
    this.calls.push("end");
  }

  onResponseError(_controller: DispatchController, error: FastCGIError): void {
    this.error = error;
    this.calls.push(`error ${error.code}`);
  }
}

const TYPE = "Content-Type: text/html\r\n";

test("[C2] [C7] [C23] [C27] head and body, in one chunk", () => {
  const driver = new Driver().stdout(`Status: 404 Not Here\r\n${TYPE}X-A: 1\r\n\r\nbo\r\n\r\ndy\xff`).end();
  expect(driver.calls).toEqual(["start 404", "data", "end"]);
  expect(driver.head).toMatchObject({ statusCode: 404, statusText: "Not Here" });
  expect(driver.rawHeaders).toEqual(["Content-Type", "text/html", "X-A", "1"]);
  expect(driver.body).toBe("bo\r\n\r\ndy\xff");
});

test("[C2] head and body, byte by byte", () => {
  const driver = new Driver().stdout(...`${TYPE}\r\nbody`).end();
  expect(driver.calls).toEqual(["start 200", "data", "end"]);
  expect(driver.body).toBe("body");
});

test("a head alone", () => {
  const driver = new Driver().stdout(`${TYPE}\r\n`).end();
  expect(driver.calls).toEqual(["start 200", "end"]);
});

test.for([
  { length: 4, calls: ["start 200", "data", "end"], body: "body" },
  { length: 2, calls: ["start 200", "data", "end"], body: "bo" },
  { length: 0, calls: ["start 200", "end"], body: "" },
  { length: 9, calls: ["start 200", "data", "error FCGI_ERR_BODY_MISMATCH"], body: "body" },
])("[C16] [Q17] [TG05] [TG06] a body of 4 bytes with Content-Length $length", ({ length, calls, body }) => {
  const head = `${TYPE}Content-Length: ${length}\r\n\r\n`;
  for (const chunks of [[`${head}body`], [head, "body"], [head, "b", "o", "dy"]]) {
    const driver = new Driver().stdout(...chunks).end(5);
    expect(driver.calls).toEqual(calls);
    expect(driver.body).toBe(body);
    if (driver.error !== undefined) {
      expect(driver.error).toMatchObject({ phase: "response-body", appStatus: 5, stderr: "PHP Fatal error" });
    }
  }
});

test.for([
  { options: { method: "HEAD" }, head: `${TYPE}Content-Length: 4\r\n`, status: 200 },
  { options: { method: "HEAD" }, head: `${TYPE}Content-Length: 400\r\n`, status: 200 },
  { options: {}, head: `Status: 204 No Content\r\n${TYPE}`, status: 204 },
  { options: {}, head: "Status: 205 Reset Content\r\n", status: 205 },
  { options: {}, head: "Status: 304 Not Modified\r\n", status: 304 },
])("[C18] [C26] [TG11] the body is discarded: $options $head", ({ options, head, status }) => {
  const driver = new Driver(options).stdout(`${head}\r\nbo`, "dy").end();
  expect(driver.calls).toEqual([`start ${status}`, "end"]);
});

test("[C24] [TF08] no head at all: FCGI_ERR_BAD_RESPONSE_HEAD with stderr and appStatus", () => {
  const driver = new Driver().end(255);
  expect(driver.calls).toEqual(["error FCGI_ERR_BAD_RESPONSE_HEAD"]);
  expect(driver.error).toMatchObject({
    appStatus: 255,
    stderr: "PHP Fatal error",
    address: "unix:/run/app.sock",
    requestId: 7,
    phase: "response-head",
  });
});

test.for([
  ["[C24] half a head", "Content-Type: text/h", "FCGI_ERR_BAD_RESPONSE_HEAD"],
  [
    "[TF15] PHP Notice before the head",
    "PHP Notice:  undefined\nContent-Type: text/html\r\n\r\n",
    "FCGI_ERR_BAD_RESPONSE_HEAD",
  ],
  ["[P86] an HTTP status line", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "FCGI_ERR_BAD_RESPONSE_HEAD"],
  ["[C13] a Status that is none", "Status: 20x\r\n\r\n", "FCGI_ERR_BAD_RESPONSE_HEAD"],
  ["[C22] [TF11] [V19] a line without end", "x".repeat(70_000), "FCGI_ERR_HEADERS_OVERFLOW"],
  ["[C22] [TG17] 201 lines", "X-A: b\r\n".repeat(201), "FCGI_ERR_HEADERS_OVERFLOW"],
] as const)("%s: %s", ([, stdout, code]) => {
  const driver = new Driver().stdout(stdout);
  if (driver.error === undefined) driver.end();
  expect(driver.calls).toEqual([`error ${code}`]);
});

test("limits can be set", () => {
  expect(new Driver({ maxHeadBytes: 20 }).stdout(`${TYPE}\r\n`).error?.code).toBe("FCGI_ERR_HEADERS_OVERFLOW");
  expect(new Driver({ maxHeadLines: 1 }).stdout(`${TYPE}X: y\r\n\r\n`).error?.code).toBe("FCGI_ERR_HEADERS_OVERFLOW");
});

test("nothing is delivered after an error in the head", () => {
  const driver = new Driver().stdout(`Status: 20x\r\n\r\nbody`);
  expect(driver.calls).toEqual(["error FCGI_ERR_BAD_RESPONSE_HEAD"]);
  expect(driver.body).toBe("");
});

test("nothing is delivered when the handler aborts at the head", () => {
  const driver = new Driver();
  const start = driver.onResponseStart.bind(driver);
  driver.onResponseStart = (controller, ...rest) => {
    start(controller, ...rest);
    controller.abort(new FastCGIError("FCGI_ERR_ABORTED", "no"));
  };
  driver.stdout(`${TYPE}\r\nbody`);
  expect(driver.calls).toEqual(["start 200", "error FCGI_ERR_ABORTED"]);
});

test("[C12] [TG03] Early Hints are told when asked for, and dropped otherwise", () => {
  const hints = "Status: 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
  expect(new Driver().stdout(`${hints}${TYPE}\r\nbody`).end().calls).toEqual(["start 200", "data", "end"]);
  const told: unknown[] = [];
  const driver = new Driver();
  const listener = responseHandler(
    Object.assign(driver, {
      onResponseInformational: (_controller: DispatchController, statusCode: number, rawHeaders: string[]) =>
        told.push([statusCode, rawHeaders]),
    }),
  );
  listener.onStart?.(driver.controller);
  listener.onStdout(Buffer.from(`${hints}${TYPE}\r\nbody`), driver.controller);
  expect(told).toEqual([[103, ["Link", "</a.css>; rel=preload"]]]);
  expect(driver.calls).toEqual(["start 200", "data"]);
});

const LOST = (): FastCGIError => new FastCGIError("FCGI_ERR_SOCKET", "closed", { phase: "response-body" });

test("[f04] the connection breaks, but STDOUT has ended and Content-Length is satisfied: complete", () => {
  const whole = `${TYPE}Content-Length: 4\r\n\r\nbody`;
  expect(new Driver().stdout(whole).fail(LOST(), { stdoutEnded: true }).calls.at(-1)).toBe("end");
});

test.for([
  ["STDOUT has not ended", `${TYPE}Content-Length: 4\r\n\r\nbody`, { stdoutEnded: false }],
  ["the body is short", `${TYPE}Content-Length: 4\r\n\r\nbod`, { stdoutEnded: true }],
  ["there is no Content-Length", `${TYPE}\r\nbody`, { stdoutEnded: true }],
] as const)("[f04] the connection breaks and %s: an error", ([, stdout, controller]) => {
  expect(new Driver().stdout(stdout).fail(LOST(), controller).calls.at(-1)).toBe("error FCGI_ERR_SOCKET");
});

test("[f02] the connection breaks inside the head: the phase says so", () => {
  expect(new Driver().stdout("Content-Ty").fail(LOST()).error).toMatchObject({ phase: "response-head" });
});
