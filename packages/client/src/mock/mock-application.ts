import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { formatAddress, parseAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { MockBackend } from "./mock-backend.ts";
import type { MockInterceptor } from "./mock-backend.ts";
import type { MockCall } from "./mock-call.ts";
import { MockConnection } from "./mock-connection.ts";
import type { MockMatcher } from "./mock-matcher.ts";

/** What a mock on a socket is like. */
export interface MockApplicationOptions {
  /** Requests at once on one connection; 1 is like PHP. @default 64 */
  multiplex?: number | undefined;
  /** Interceptors that are shared with others. */
  backend?: MockBackend | undefined;
}

/**
 * A FastCGI application on a socket that answers as it is told: for programs that make their own `Pool`, or that run in
 * another process. It takes all three roles.
 *
 * @example
 * await using php = await MockApplication.listen();
 * php.intercept({ path: "/hello.php" }).reply(200, "Hello");
 * const pool = new Pool(php.address);
 */
export class MockApplication {
  readonly #server: Server;
  readonly #backend: MockBackend;
  readonly #connections: MockConnection[] = [];
  #accepted = 0;
  #address = "";

  private constructor({ backend = new MockBackend(), multiplex = 64 }: MockApplicationOptions) {
    this.#backend = backend;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#onConnection(socket, multiplex));
  }

  /**
   * @param address where it listens; port 0 is any free one
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_LISTEN`
   */
  static async listen(address = "tcp://127.0.0.1:0", options: MockApplicationOptions = {}): Promise<MockApplication> {
    const where = parseAddress(address, { ephemeral: true });
    const application = new MockApplication(options);
    const server = application.#server;
    if (where.kind === "tcp") server.listen(where.port, where.host);
    else if (where.kind === "unix") server.listen(where.path);
    else if (where.kind === "abstract") server.listen(`\0${where.name}`);
    else throw new FastCGIError("FCGI_ERR_BAD_ADDRESS", `A mock cannot listen on ${address}.`);
    try {
      await once(server, "listening");
    } catch (error) {
      const message = `The mock cannot listen on ${address}: ${(error as Error).message}`;
      throw new FastCGIError("FCGI_ERR_LISTEN", message, { cause: error, address, phase: "listen" });
    }
    const { port } = server.address() as AddressInfo;
    application.#address = formatAddress(where.kind === "tcp" ? { ...where, port } : where);
    return application;
  }

  /** Where it listens, for `new Pool(…)`. */
  get address(): string {
    return this.#address;
  }

  /** As {@link MockBackend.calls}. */
  get calls(): readonly MockCall[] {
    return this.#backend.calls;
  }

  /** Its connections. */
  get connections(): {
    /** Those that are open. */
    open: number;
    /** All that ever were. */
    accepted: number;
  } {
    return { open: this.#connections.length, accepted: this.#accepted };
  }

  /** As {@link MockBackend.intercept}. */
  intercept(matcher: MockMatcher): MockInterceptor {
    return this.#backend.intercept(matcher);
  }

  /** As {@link MockBackend.received}. */
  received(count: number): Promise<void> {
    return this.#backend.received(count);
  }

  /** As {@link MockBackend.pendingInterceptors}. */
  pendingInterceptors(): string[] {
    return this.#backend.pendingInterceptors();
  }

  /** As {@link MockBackend.assertNoPendingInterceptors}. */
  assertNoPendingInterceptors(): void {
    this.#backend.assertNoPendingInterceptors();
  }

  /** Stops listening and cuts all connections. */
  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  /** As {@link MockApplication.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #onConnection(socket: Socket, multiplex: number): void {
    this.#accepted++;
    const connection = new MockConnection(socket, multiplex, this.#backend);
    this.#connections.push(connection);
    socket.once("close", () => this.#connections.splice(this.#connections.indexOf(connection), 1));
  }
}
