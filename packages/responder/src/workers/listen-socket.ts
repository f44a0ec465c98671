import net from "node:net";

import { formatApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { planListening } from "../listen.ts";
import type { ListenOptions } from "../listen.ts";
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
        handle = bound(bind(path, -1, -1), text);
      });
    } catch (error) {
      handle?.close();
      throw error;
    }
    const { fd } = handle!;
    return { address: text, protocol, fd, close: () => handle!.close() };
  }
  const handle = bound(address.kind === "tcp" ? bindTcp(address) : bind(`\0${address.name}`, -1, -1), text);
  return { address: boundAddress(plan, handle), protocol, fd: handle.fd, close: () => handle.close() };
}

function bindTcp({ host, port }: { host: string; port: number }): Handle | number {
  return bind(host === "localhost" ? "127.0.0.1" : host, port, host.includes(":") ? 6 : 4);
}

function boundAddress({ protocol, address }: ApplicationAddress, handle: Handle): string {
  const name: { port?: number } = {};
  if (address.kind !== "tcp" || handle.getsockname?.(name) !== 0)
    return formatApplicationAddress({ protocol, address });
  return formatApplicationAddress({ protocol, address: { ...address, port: name.port ?? address.port } });
}

function bound(handle: Handle | number, text: string): Handle {
  if (typeof handle !== "number") return handle;
  const reason =
    handle === -98 ? "another process is listening there; stop it or choose another address." : `error ${-handle}.`;
  throw new FastCGIError("FCGI_ERR_LISTEN", `Cannot listen on ${text}: ${reason}`, {
    phase: "listen",
  });
}
