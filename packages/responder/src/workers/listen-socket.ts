import net from "node:net";
import { getSystemErrorMap } from "node:util";

import { formatApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress } from "@x/protocol/address";

import { cannotListen } from "../listen-error.ts";
import { checkReach, numericHost, planListening } from "../listen.ts";
import type { ListenOptions, ListenPlan } from "../listen.ts";
import { clearDeadSocket, withSocketAccess } from "../unix-socket.ts";

/** A bound socket that nobody accepts on here, to be inherited by worker processes. */
export interface ListenSocket {
  readonly address: string;
  readonly protocol: "fastcgi" | "scgi";
  readonly fd: number;
  /** Closes our end, and removes the file of a UNIX socket. */
  close(): void;
}

interface Handle {
  readonly fd: number;
  close(): void;
  /** Of TCP. @returns 0, or the number of an error */
  getsockname?(out: { address?: string; port?: number }): number;
}

/** What node:cluster binds with, and hands to its workers: a net.Server would accept connections itself. */
const { _createServerHandle: bind } = net as unknown as {
  _createServerHandle(address: string, port: number, type: 4 | 6 | -1, fd?: number): Handle | number;
};

/**
 * Binds where the workers shall listen.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_LISTEN`
 */
export async function bindListenSocket(options: ListenOptions): Promise<ListenSocket> {
  const plan = planListening(options);
  const { address, protocol } = plan;
  const text = formatApplicationAddress(plan);
  if (address.kind === "fd") return { address: text, protocol, fd: address.fd, close: () => {} };
  if (address.kind === "unix") {
    const { path } = address;
    await clearDeadSocket(path);
    let handle: Handle | undefined;
    try {
      withSocketAccess(path, plan, () => {
        handle = bound(bind(path, -1, -1), plan);
      });
    } catch (error) {
      handle?.close();
      throw error;
    }
    const { fd } = handle!;
    return { address: text, protocol, fd, close: () => handle!.close() };
  }
  const handle = address.kind === "tcp" ? await bindTcp(plan, address) : bound(bind(`\0${address.name}`, -1, -1), plan);
  return { address: boundAddress(plan, handle), protocol, fd: handle.fd, close: () => handle.close() };
}

async function bindTcp(plan: ListenPlan, { host, port }: { host: string; port: number }): Promise<Handle> {
  const text = formatApplicationAddress(plan);
  const numeric = host === "localhost" ? "127.0.0.1" : await numericHost(host, text);
  checkReach(numeric, text, plan.peers, "listen");
  const handle = bound(bind(numeric, port, numeric.includes(":") ? 6 : 4), plan);
  // That a port is taken libuv tells to whoever listens, and here nobody does: a worker would listen on any other port.
  const error = handle.getsockname?.({}) ?? 0;
  if (error === 0) return handle;
  handle.close();
  return bound(error, plan);
}

function boundAddress({ protocol, address }: ApplicationAddress, handle: Handle): string {
  const name: { port?: number } = {};
  if (address.kind !== "tcp" || handle.getsockname?.(name) !== 0)
    return formatApplicationAddress({ protocol, address });
  return formatApplicationAddress({ protocol, address: { ...address, port: name.port ?? address.port } });
}

function bound(handle: Handle | number, plan: ListenPlan): Handle {
  if (typeof handle !== "number") return handle;
  const [code, message] = getSystemErrorMap().get(handle) ?? ["UNKNOWN", `error ${-handle}`];
  const cause = Object.assign(new Error(`${message} (${code}).`), { code, errno: handle, syscall: "bind" });
  throw cannotListen(formatApplicationAddress(plan), plan.address, cause);
}
