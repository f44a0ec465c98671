import { Role } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

import type { ConnectionLimits } from "./connection-limits.ts";
import { planServing } from "./listen.ts";
import type { ServerOptions } from "./server-options.ts";
import { ResponderServer } from "./server.ts";
import type { RequestRunner } from "./server.ts";
import { stopOnSignals } from "./shutdown.ts";
import { wholeNumber } from "./whole-number.ts";

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
    maxConnections: wholeNumber(1, "maxConnections", options.maxConnections ?? 4_096),
    maxRequests: wholeNumber(1, "maxRequests", options.maxRequests ?? 4_096),
    multiplex: wholeNumber(1, "multiplex", options.multiplex ?? 64),
    maxRequestsPerConnection: positive("maxRequestsPerConnection", options.maxRequestsPerConnection),
    maxParamsBytes: wholeNumber(1, "maxParamsBytes", options.maxParamsBytes ?? 262_144),
    maxParams: wholeNumber(1, "maxParams", options.maxParams ?? 1_000),
    maxParamBytes: wholeNumber(1, "maxParamBytes", options.maxParamBytes ?? 65_535),
    maxBufferedBytes: positive("maxBufferedBytes", options.maxBufferedBytes),
    paramsTimeout: wholeNumber(0, "paramsTimeout", options.paramsTimeout ?? 10_000),
    stdinTimeout: wholeNumber(0, "stdinTimeout", options.stdinTimeout ?? 30_000),
  };
  const grace = wholeNumber(0, "grace", options.grace ?? 30_000);
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
  return value === undefined ? undefined : wholeNumber(1, name, value);
}
