import { once } from "node:events";
import type { Socket } from "node:net";

import { ProtocolStatus, RecordOutput, Role } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";
import { ResponderSession } from "@x/protocol/session";
import type { ResponderExchange, ResponderExchangeHandler } from "@x/protocol/session";

import type { MockAnswer, MockBackend } from "./mock-backend.ts";
import { toCall } from "./mock-call.ts";

/** One connection to a mock on a socket. */
export class MockConnection {
  readonly #socket: Socket;
  readonly #output: RecordOutput;
  readonly #session: ResponderSession;
  readonly #backend: MockBackend;
  #flushPlanned = false;
  #closing = false;

  constructor(socket: Socket, multiplex: number, backend: MockBackend) {
    this.#socket = socket;
    this.#backend = backend;
    this.#output = new RecordOutput(() => this.#planFlush());
    this.#session = new ResponderSession(this.#output, {
      multiplex,
      roles: [Role.Responder, Role.Authorizer, Role.Filter],
      onRequest: (exchange) => this.#onRequest(exchange),
      onFatal: () => {
        this.flush();
        this.#socket.destroySoon();
      },
      onClose: () => {
        this.#closing = true;
        this.#planFlush();
      },
    });
    socket
      .on("data", (chunk) => this.#session.receive(chunk))
      .on("end", () => this.#session.receiveEnd())
      .on("error", () => {})
      .on("close", () => this.#session.fail(new FastCGIError("FCGI_ERR_SOCKET", "The connection is gone.")));
  }

  /** Cuts it. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Writes what there is. */
  flush(): void {
    this.#flushPlanned = false;
    for (const piece of this.#output.take()) this.#socket.write(piece);
    if (this.#closing) this.#socket.end();
  }

  /** Resolved when the peer has taken enough to be sent more. */
  async drained(): Promise<void> {
    this.flush();
    if (!this.#socket.writableNeedDrain || this.#socket.destroyed) return;
    await Promise.race([once(this.#socket, "drain"), once(this.#socket, "close")]).catch(() => {});
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => this.flush());
  }

  #onRequest(exchange: ResponderExchange): ResponderExchangeHandler {
    const request = new SocketRequest(exchange, this, this.#backend);
    // An authorizer's body may never come (FastCGI 1.0 §6.3).
    if (exchange.role === Role.Authorizer) request.onStdinEnd();
    return request;
  }
}

/** One request on it. */
class SocketRequest implements ResponderExchangeHandler, MockAnswer {
  readonly #exchange: ResponderExchange;
  readonly #connection: MockConnection;
  readonly #backend: MockBackend;
  readonly #aborted = new AbortController();
  readonly #stdin: Buffer[] = [];
  readonly #data: Buffer[] = [];
  #asked = false;

  constructor(exchange: ResponderExchange, connection: MockConnection, backend: MockBackend) {
    this.#exchange = exchange;
    this.#connection = connection;
    this.#backend = backend;
  }

  onStdin(chunk: Uint8Array, start: number, end: number): void {
    this.#stdin.push(Buffer.from(chunk.subarray(start, end)));
  }

  onStdinEnd(): void {
    if (this.#exchange.role !== Role.Filter) this.#ask();
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.#data.push(Buffer.from(chunk.subarray(start, end)));
  }

  onDataEnd(): void {
    this.#ask();
  }

  onAbort(error: FastCGIError): void {
    this.#aborted.abort(error);
    // An application that hears of it ends the request all the same (FastCGI 1.0 §5.4).
    this.#exchange.end();
  }

  async stdout(chunk: Uint8Array): Promise<void> {
    this.#exchange.writeStdout(chunk);
    await this.#connection.drained();
  }

  stderr(chunk: Uint8Array): void {
    this.#exchange.writeStderr(chunk);
  }

  end(appStatus: number): void {
    this.#exchange.end(appStatus);
  }

  fail(error: FastCGIError): void {
    switch (error.code) {
      case "FCGI_ERR_OVERLOADED":
        return this.#exchange.end(0, ProtocolStatus.Overloaded);
      case "FCGI_ERR_CANT_MULTIPLEX":
        return this.#exchange.end(0, ProtocolStatus.CantMpxConn);
      case "FCGI_ERR_UNKNOWN_ROLE":
        return this.#exchange.end(0, ProtocolStatus.UnknownRole);
      case "FCGI_ERR_MOCK_NOT_MATCHED": {
        // The other process would see a broken connection and no reason.
        const head = "Status: 501 Not Mocked\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
        this.#exchange.writeStdout(Buffer.from(`${head}${error.message}\n`));
        return this.#exchange.end(1);
      }
      default:
        this.#connection.flush();
        this.#connection.destroy();
    }
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    const { role, params } = this.#exchange;
    const request = { role, params, body: Buffer.concat(this.#stdin), data: Buffer.concat(this.#data) };
    void this.#backend.answer(toCall(request, this.#aborted.signal), this);
  }
}
