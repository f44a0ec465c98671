import type { FastCGIRequest } from "@x/responder";

import type { ProcessFacts, Served } from "../application/served.ts";

/** Who answers, and where: what the start page shows of this application. `/php/status.php` says the same of PHP. */
export interface Status {
  readonly answeredBy: string;
  readonly address: string;
  readonly pid: number;
  readonly processes: readonly ProcessFacts[];
  readonly token: string;
}

export function status(request: FastCGIRequest, served: Served): Status {
  return {
    answeredBy: answeredBy(),
    address: request.params.get("DEMO_ADDRESS") ?? "",
    pid: process.pid,
    processes: [served.facts],
    token: request.params.get("DEMO_TOKEN") ?? "",
  };
}

export function answeredBy(): string {
  return `Node ${process.versions.node} by @x/responder`;
}
