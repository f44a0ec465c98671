import type { FastCGIError } from "@x/protocol/errors";

import { systemCode } from "../system-code.ts";

/** What a developer can do about a failure; undefined when the message says it all. */
export function advise(error: FastCGIError): string | undefined {
  switch (error.code) {
    case "FCGI_ERR_CONNECT":
      return adviseConnect(error);
    case "FCGI_ERR_CONNECT_TIMEOUT":
      return "The limit is timeouts.connect.";
    case "FCGI_ERR_QUEUE_FULL":
    case "FCGI_ERR_QUEUE_TIMEOUT":
      return "All places at this application are taken. Does it answer slowly, or is it stuck? Raise capacity of the upstream together with the application's own workers (pm.max_children of PHP-FPM); the time to wait is timeouts.queue.";
    case "FCGI_ERR_OVERLOADED":
      return "The application itself says that it is overloaded: give it more workers.";
    case "FCGI_ERR_HEADERS_TIMEOUT":
      return "The application took the request and sent nothing. See what it is doing (request_slowlog_timeout of PHP-FPM writes a trace); the limit is timeouts.firstByte.";
    case "FCGI_ERR_BODY_TIMEOUT":
      return "The application stopped in the middle of its answer; the limit is timeouts.idle.";
    case "FCGI_ERR_SEND_TIMEOUT":
      return "The application does not read the request. Is it stopped, or stuck? The limit is timeouts.send.";
    case "FCGI_ERR_SOCKET":
    case "FCGI_ERR_TRUNCATED":
      return "The application closed the connection before its answer was complete: it crashed, was killed or restarted, or does not speak FastCGI. Its own log says more (a PHP worker that dies leaves a line in the log of PHP-FPM).";
    case "FCGI_ERR_BAD_VERSION":
    case "FCGI_ERR_BAD_RECORD":
    case "FCGI_ERR_UNEXPECTED_RECORD":
    case "FCGI_ERR_NOT_FASTCGI":
      return "What listens there does not speak FastCGI as it should. Is it the port of an HTTP server?";
    case "FCGI_ERR_BAD_RESPONSE_HEAD":
      return "An answer begins with headers such as Content-Type: text/html and an empty line. This one ended before that, as when the application fails at once (its stderr or its log says why), or began with something else.";
    case "FCGI_ERR_HEADERS_OVERFLOW":
      return "The headers of the answer are larger than limits.responseHeaderBytes or limits.responseHeaderLines allows: large cookies, or a loop that adds headers.";
    case "FCGI_ERR_PARAM_TOO_LARGE":
      return "One header is too large for a FastCGI record of 64 KiB.";
    case "FCGI_ERR_UNKNOWN_ROLE":
      return "The application does not play the role that this route asks of it: responder, or authorizer or filter where the route says so.";
    default:
      return undefined;
  }
}

/** Why nobody could be reached stands in the message; how to start PHP-FPM is what most people look for then. */
function adviseConnect(error: FastCGIError): string | undefined {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ECONNREFUSED" ? START : undefined;
}

const START =
  'For PHP-FPM: start it with "systemctl start php8.2-fpm" (with your version); its address is "listen" in the pool file under /etc/php/*/fpm/pool.d/. Or let this program find or start one: --php auto, or processes: { php: { kind: "php-fpm", upstream: … } } in the configuration.';
