import type { Role } from "@x/protocol";

import type { InputTimeouts } from "./input-gate.ts";

/** Limits of each connection of a server. */
export interface ConnectionLimits extends InputTimeouts {
  roles: readonly Role[];
  mount: "keep" | "strip";
  maxConnections: number;
  maxRequests: number;
  multiplex: number;
  maxRequestsPerConnection: number | undefined;
  maxParamsBytes: number;
  maxParams: number;
  maxParamBytes: number;
  maxBufferedBytes: number | undefined;
}
