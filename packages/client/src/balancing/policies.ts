import { FastCGIError } from "@x/protocol/errors";

import { first } from "./first.ts";
import { leastRequests } from "./least-requests.ts";
import type { Policy } from "./policy.ts";
import { randomTwo } from "./random-two.ts";
import { roundRobin } from "./round-robin.ts";
import { weighted } from "./weighted.ts";

/** The policies that need no argument, for configurations. */
export type PolicyName = "first" | "least-requests" | "random-two" | "round-robin" | "weighted";

const POLICIES: Readonly<Record<PolicyName, () => Policy>> = {
  first,
  "least-requests": leastRequests,
  "random-two": randomTwo,
  "round-robin": roundRobin,
  weighted,
};

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a name that is none */
export function toPolicy(policy: Policy | PolicyName): Policy {
  if (typeof policy === "function") return policy;
  if (Object.hasOwn(POLICIES, policy)) return POLICIES[policy]();
  throw new FastCGIError(
    "FCGI_ERR_INVALID_ARGUMENT",
    `A policy is a function or one of ${Object.keys(POLICIES).join(", ")}, not ${policy}.`,
  );
}
