import type { ProxyConfig } from "../config/define-config.ts";
import type { PhpChoice } from "./choose-php.ts";

/**
 * What `--php` is short for: an upstream `php`, with the process that serves it unless that is somebody else's.
 *
 * The capacity of a PHP-FPM that somebody else started is that of its pool file. Without, each request gets a connection of its own; that is also
 * right for one that replaces its workers (`pm.max_requests`), since such a worker closes its connection while the next request is on
 * the way, and a form that was sent must not be lost or sent twice.
 */
export function configOfPhp(choice: PhpChoice): Pick<ProxyConfig, "upstreams" | "processes"> {
  if (choice.kind === "running" || choice.kind === "given") {
    const { maxChildren, maxRequests } = choice.pool ?? { maxChildren: undefined, maxRequests: 0 };
    const capacity = maxRequests === 0 ? maxChildren : undefined;
    return { upstreams: { php: { addresses: [choice.address], capacity } } };
  }
  return {
    upstreams: { php: {} },
    processes: { php: { kind: choice.kind, program: choice.program, upstream: "php" } },
  };
}
