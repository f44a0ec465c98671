import type { WorkerStatus } from "./status.ts";

/** What the worker is asked over the admin socket. */
export type AdminCommand =
  | { readonly do: "status" }
  /** Answered when the address has no more requests. */
  | { readonly do: "drain" | "restore"; readonly upstream: string; readonly address: string };

/** Whoever has the gateway. */
export interface AdminTarget {
  status(): WorkerStatus;
  drain(upstream: string, address: string): Promise<void>;
  restore(upstream: string, address: string): void;
}

/**
 * Does what is asked.
 *
 * @returns the status that was asked for, if it was
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` as `Gateway.drain` and `Gateway.restore`
 */
export async function runAdminCommand(target: AdminTarget, command: AdminCommand): Promise<WorkerStatus | undefined> {
  if (command.do === "status") return target.status();
  if (command.do === "drain") await target.drain(command.upstream, command.address);
  else target.restore(command.upstream, command.address);
  return undefined;
}
