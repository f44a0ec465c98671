import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

import { FastCGIError, isFastCGIError } from "@x/protocol/errors";

import { freeSocketPath, removeFile } from "../processes/socket-file.ts";
import { startListening } from "../supervisor/start-listening.ts";
import { withUmask } from "../with-umask.ts";
import type { ProxyStatus } from "./status.ts";

/** What can be asked over the admin socket. */
export interface Administered {
  status(): Promise<ProxyStatus>;
  drain(upstream: string, address: string): Promise<void>;
  restore(upstream: string, address: string): Promise<void>;
}

/** Conversations at once: people and their scripts, no load. */
const MOST = 64;
/** Milliseconds that a request's head may take. */
const HEAD_TIMEOUT = 5_000;
/** The umask under which the socket file is bound: its owner alone may connect. */
const OF_OWNER = 0o177;

/**
 * The admin socket: HTTP over a UNIX socket that belongs to whoever started the program, 0600, never over TCP. `GET /status`,
 * `POST /drain?upstream=…&address=…` (answered when the last request there has ended) and `POST /restore?…`, each with JSON.
 */
export class AdminServer {
  /** Its socket file. */
  readonly path: string;
  readonly #server: Server;

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /**
   * @param path of the socket file; one on which nobody listens any more is replaced
   * @throws `FCGI_ERR_LISTEN` when somebody listens there, or it cannot be made
   */
  static async open(path: string, administered: Administered): Promise<AdminServer> {
    const wanted = { kind: "unix", path, text: `unix:${path}` } as const;
    await freeSocketPath(path);
    const server = createServer(
      { maxHeaderSize: 8_192, headersTimeout: HEAD_TIMEOUT, requestTimeout: HEAD_TIMEOUT, keepAlive: false },
      (request, response) => void answer(administered, request, response),
    );
    server.maxConnections = MOST;
    await startListening(server, wanted, () => withUmask(OF_OWNER, () => server.listen({ path })));
    // It keeps no program up.
    server.unref();
    return new AdminServer(path, server);
  }

  /** Ends conversations at once and removes the socket file. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    removeFile(this.path);
  }
}

async function answer(administered: Administered, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const fields = new URLSearchParams(query);
  const send = (status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const asked = `${request.method} ${path}`;
  try {
    if (asked === "GET /status") send(200, await administered.status());
    else if (asked === "POST /drain" || asked === "POST /restore") {
      const upstream = required(fields, "upstream");
      const address = required(fields, "address");
      if (path === "/drain") await administered.drain(upstream, address);
      else await administered.restore(upstream, address);
      send(200, { ok: true });
    } else send(404, { message: `There is no ${asked}: GET /status, POST /drain and POST /restore are there.` });
  } catch (error) {
    const code = isFastCGIError(error) ? error.code : "UNEXPECTED";
    const message = error instanceof Error ? error.message : String(error);
    send(code === "FCGI_ERR_INVALID_ARGUMENT" ? 400 : 503, { code, message });
  }
}

function required(fields: URLSearchParams, name: string): string {
  const value = fields.get(name);
  if (value !== null) return value;
  throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `The query has no ${name}.`);
}
