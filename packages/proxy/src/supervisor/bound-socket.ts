import { lookup } from "node:dns/promises";
import net, { isIP } from "node:net";
import { getSystemErrorName } from "node:util";

import type { ListenPlace } from "../config/resolved-config.ts";
import { freeSocketPath } from "../processes/socket-file.ts";
import { withUmask } from "../with-umask.ts";
import { listenAddress } from "./listen-address.ts";
import type { ListenAddress } from "./listen-address.ts";
import { listenError } from "./listen-error.ts";
import { OF_USER_AND_GROUP } from "./listen-socket.ts";

/** A socket of node's own that is bound and on which this process does not listen. */
interface Handle {
  readonly fd: number;
  /** Only of TCP sockets. @returns an error's number, or 0 */
  getsockname?(name: { port?: number }): number;
  close(): void;
}

/** What node:cluster makes the sockets with that its workers listen on. `net.BoundSocket`, its public form, is not in Node 22. */
type CreateServerHandle = (host: string | null, port: number, family: number) => Handle | number;

const createHandle = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle;

/** A socket that is held for a worker: bound here, listened on there, and open until it is closed here. */
export class BoundSocket {
  readonly address: ListenAddress;
  readonly #handle: Handle;

  private constructor(handle: Handle, address: ListenAddress) {
    this.#handle = handle;
    this.address = address;
  }

  /** @throws `FCGI_ERR_LISTEN`; its `cause` is the system's error */
  static async open(wanted: ListenPlace): Promise<BoundSocket> {
    if (wanted.kind === "unix") {
      await freeSocketPath(wanted.path);
      const handle = open(wanted, () => withUmask(OF_USER_AND_GROUP, () => createHandle(wanted.path, -1, -1)));
      return new BoundSocket(handle, listenAddress(wanted, wanted.path));
    }
    const host = wanted.host === undefined ? null : await addressOf(wanted, wanted.host);
    const handle = open(wanted, () => createHandle(host, wanted.port, host === null ? 6 : isIP(host)));
    const name: { port?: number } = {};
    // That the address is taken, the kernel may say only now.
    const error = handle.getsockname?.(name) ?? 0;
    if (error !== 0) {
      handle.close();
      throw refused(wanted, error);
    }
    const bound = { port: name.port ?? wanted.port, address: host ?? "::", family: "" };
    return new BoundSocket(handle, listenAddress(wanted, bound));
  }

  /** To be inherited by a child process. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** The kernel refuses connections once the worker has closed it, too. A socket file is removed. */
  async close(): Promise<void> {
    this.#handle.close();
  }
}

function open(wanted: ListenPlace, create: () => Handle | number): Handle {
  const handle = create();
  if (typeof handle === "number") throw refused(wanted, handle);
  return handle;
}

async function addressOf(wanted: ListenPlace, host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw listenError(wanted, error as NodeJS.ErrnoException);
  }
}

function refused(wanted: ListenPlace, error: number): Error {
  const code = getSystemErrorName(error);
  return listenError(wanted, Object.assign(new Error(code), { code }));
}
