import type { ProxyConfig } from "../config/define-config.ts";
import type { PhpChoice } from "./choose-php.ts";

/**
 * What `--php` is short for: an upstream `php`, with the process that serves it unless that is somebody else's.
 *
 * The capacity of a PHP-FPM that somebody else started is that of its pool file. Without, each request gets a connection of its own.
 */
export function configOfPhp(choice: PhpChoice): Pick<ProxyConfig, "upstreams" | "processes"> {
  if (choice.kind === "running" || choice.kind === "given") {
    return { upstreams: { php: { addresses: [choice.address], capacity: choice.pool?.maxChildren } } };
  }
  return {
    upstreams: { php: {} },
    processes: { php: { kind: choice.kind, program: choice.program, upstream: "php" } },
  };
}
