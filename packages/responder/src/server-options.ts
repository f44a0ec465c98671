import { Role } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

import type { ConnectionLimits } from "./connection-limits.ts";
import { planServing } from "./listen.ts";
import type { ListenOptions } from "./listen.ts";
import { ResponderServer } from "./server.ts";
import type { RequestRunner } from "./server.ts";
import { stopOnSignals } from "./shutdown.ts";

/** Limits and habits of a FastCGI application. Times in ms, sizes in bytes. */
export interface ServerOptions extends ListenOptions {
  /**
   * Requests at once on one connection; more get OVERLOADED. 1 turns multiplexing off: a second one gets
   * CANT_MPX_CONN. At least what the web server uses (HAProxy `option max-reqs`).
   *
   * @default 64
   */
  multiplex?: number;
  /**
   * Connections at once, told to web servers as FCGI_MAX_CONNS; further ones are closed.
   *
   * @default 4096
   */
  maxConnections?: number;
  /**
   * Requests at once, told to web servers as FCGI_MAX_REQS; further ones get OVERLOADED.
   *
   * @default 4096
   */
  maxRequests?: number;
  /**
   * Requests on one connection, one after the other; with the last one the connection is closed. Web servers that keep
   * connections for ever then come to all processes of an application in turn (nginx `keepalive_requests`).
   *
   * @default no limit
   */
  maxRequestsPerConnection?: number;
  /**
   * Bytes of params of one request; more close the connection.
   *
   * @default 262144
   */
  maxParamsBytes?: number;
  /**
   * Params of one request; more close the connection.
   *
   * @default 1000
   */
  maxParams?: number;
  /**
   * Bytes of one param, name and value together; a longer one closes the connection.
   *
   * @default 65535
   */
  maxParamBytes?: number;
  /**
   * Bytes that one connection can make the server hold before a handler has heard of them: params of all its requests that are
   * not complete, and answers to questions that the web server does not read; more close the connection.
   *
   * @default 1048576, or `maxParamsBytes` if that is more
   */
  maxBufferedBytes?: number;
  /**
   * From the begin of a request to the end of its params; later the connection is closed. 0: no limit.
   *
   * @default 10000
   */
  paramsTimeout?: number;
  /**
   * Between two pieces of a request body; later reading it fails and the request is aborted. 0: no limit.
   *
   * @default 30000
   */
  stdinTimeout?: number;
  /**
   * `strip`: URLs lack the part that SCRIPT_NAME names, so that an application answers under any path (`/app/users` as `/users`).
   * In nginx set SCRIPT_NAME and PATH_INFO by `fastcgi_split_path_info`; its own default is the whole path. `keep`: URLs as received.
   *
   * @default "keep"
   */
  mount?: "keep" | "strip";
  /**
   * Stop on SIGTERM and SIGINT: the first lets running requests finish, a second one cuts them, and
   * the process exits with status 0 (FastCGI 1.0 §7). False where the server is a part of a program
   * that sees to its own end. Under CGI: exit when the request has ended, which is the end of the response.
   *
   * @default true
   */
  signals?: boolean;
  /**
   * After a signal, how long running requests may take to finish before they are cut. 0: no limit.
   *
   * @default 30000
   */
  grace?: number;
}

/**
 * Starts to listen, and answers by `run`.
 *
 * @throws FastCGIError for options that cannot work
 */
export function startServer(
  options: ServerOptions,
  run: RequestRunner,
  roles: readonly Role[] = [Role.Responder],
): ResponderServer {
  const limits: ConnectionLimits = {
    roles,
    mount: options.mount ?? "keep",
    maxConnections: atLeast(1, "maxConnections", options.maxConnections ?? 4_096),
    maxRequests: atLeast(1, "maxRequests", options.maxRequests ?? 4_096),
    multiplex: atLeast(1, "multiplex", options.multiplex ?? 64),
    maxRequestsPerConnection: positive("maxRequestsPerConnection", options.maxRequestsPerConnection),
    maxParamsBytes: atLeast(1, "maxParamsBytes", options.maxParamsBytes ?? 262_144),
    maxParams: atLeast(1, "maxParams", options.maxParams ?? 1_000),
    maxParamBytes: atLeast(1, "maxParamBytes", options.maxParamBytes ?? 65_535),
    maxBufferedBytes: positive("maxBufferedBytes", options.maxBufferedBytes),
    paramsTimeout: atLeast(0, "paramsTimeout", options.paramsTimeout ?? 10_000),
    stdinTimeout: atLeast(0, "stdinTimeout", options.stdinTimeout ?? 30_000),
  };
  const grace = atLeast(0, "grace", options.grace ?? 30_000);
  const plan = planServing(options);
  if ((plan.kind === "cgi" || plan.protocol === "scgi") && !roles.includes(Role.Responder)) {
    throw new FastCGIError(
      "FCGI_ERR_INVALID_ARGUMENT",
      "SCGI and CGI have no filters: give fetch or handler, or let the web server speak FastCGI.",
      { phase: "configure" },
    );
  }
  const server = new ResponderServer(plan, limits, run);
  if (options.signals ?? true) {
    const release = stopOnSignals(server, grace);
    server.onStopped = () => {
      release();
      if (plan.kind === "cgi") process.exit(); // what the application has left running would keep the web server waiting
    };
  }
  return server;
}

function positive(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : atLeast(1, name, value);
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `${name} is a whole number from ${least} up, not ${String(value)}.`,
    { phase: "configure" },
  );
}
