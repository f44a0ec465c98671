import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AddressInfo, ListenOptions as NetListenOptions, Server } from "node:net";

import { formatApplicationAddress } from "@x/protocol/address";
import type { Address, ApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { allowedPeersFrom, isLoopback } from "./allowed-peers.ts";
import type { AllowedPeers } from "./allowed-peers.ts";
import { SD_LISTEN_FDS_START, inherited, isSocket } from "./inherited.ts";
import { parseListenAddress } from "./listen-address.ts";
import { HOW_TO_LISTEN, cannotListen, refused } from "./listen-error.ts";
import { socketGroup } from "./socket-group.ts";
import { clearDeadSocket, withSocketAccess } from "./unix-socket.ts";

/** Where an application listens, and for whom. */
export interface ListenOptions {
  /**
   * `unix:/run/app.sock`; `tcp://127.0.0.1:9000` (port 0: any free one); `fd:0`, a listening socket that
   * the process was started with; `unix:@name`, which needs {@link ListenOptions.allowAbstract}. With `scgi+` in front, such as
   * `scgi+unix:/run/app.sock`, SCGI is spoken there.
   *
   * @default `fd:0` if that is a socket, as under mod_fcgid, lighttpd's bin-path and spawn-fcgi (FastCGI 1.0 §2.2); else the
   * socket of a systemd unit (LISTEN_FDS); under CGI (RFC 3875) the one request of the process; else an error
   */
  listen?: string;
  /**
   * Permissions of the socket file, in force before anybody can connect.
   *
   * @default 0o660
   */
  mode?: number;
  /**
   * Name or number of the group that the socket file is given to, mostly that of the web server (PHP-FPM's `listen.group`). Takes
   * root, or a member of the group.
   *
   * @default the process's own; for root without `mode` the web server's: `www-data`, `http`, `nginx`, `apache`, `_www`
   */
  group?: string | number;
  /**
   * Addresses and networks of web servers that may connect by TCP, such as `["10.0.0.5", "fd00::/8"]`.
   * Needed to listen on more than the loopback address.
   *
   * @default the environment variable FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 §3.2); if that is not set, no check
   */
  allowedPeers?: readonly string[];
  /**
   * Listen in Linux's abstract namespace, where every process of the machine may connect: there is no
   * file, so there are no permissions.
   *
   * @default false
   */
  allowAbstract?: boolean;
  /**
   * Connections that the system keeps waiting while the process is busy.
   *
   * @default 511
   */
  backlog?: number;
}

/** A listening place that was checked and can be opened. */
export interface ListenPlan extends ApplicationAddress {
  readonly kind: "socket";
  readonly mode: number;
  /** Undefined: the process's own. */
  readonly gid: number | undefined;
  readonly backlog: number;
  readonly peers: AllowedPeers | undefined;
}

/** Started by CGI: nothing to listen on, one request to answer. */
export interface CgiPlan {
  readonly kind: "cgi";
}

/**
 * Checks where to listen, unless this is CGI, which only goes without `listen`.
 *
 * @throws FastCGIError as {@link planListening} does
 */
export function planServing(
  options: ListenOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ListenPlan | CgiPlan {
  if (options.listen === undefined && inherited(environment) === "cgi") return { kind: "cgi" };
  return planListening(options, environment);
}

/**
 * Checks where to listen; nothing is opened yet.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_LISTEN`, each with what to do about it
 */
export function planListening(
  options: ListenOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ListenPlan {
  const place = options.listen === undefined ? inheritedAddress(environment) : parseListenAddress(options.listen);
  const { address } = place;
  const peers = allowedPeersFrom(options.allowedPeers, environment);
  const text = formatApplicationAddress(place);
  if (address.kind === "abstract" && options.allowAbstract !== true) {
    throw refused(
      `${text} has no file and so no permissions, any process of this machine could connect: listen on a path such as unix:/run/app.sock, or set allowAbstract.`,
      "configure",
    );
  }
  if (address.kind === "fd" && !isSocket(address.fd)) {
    throw refused(`File descriptor ${address.fd} is no socket: ${HOW_TO_LISTEN}`, "configure");
  }
  if ((address.kind === "unix" || address.kind === "abstract") && peers !== undefined) {
    const source = options.allowedPeers === undefined ? "FCGI_WEB_SERVER_ADDRS" : "allowedPeers";
    throw refused(
      `${source} lets only TCP peers in, so nobody could connect to ${text}: unset it, and use the file's mode and folder.`,
      "configure",
    );
  }
  if (address.kind === "tcp" && isIP(address.host) !== 0) checkReach(address.host, text, peers, "configure");
  const { mode = 0o660, backlog = 511 } = options;
  const gid = address.kind === "unix" ? socketGroup(options) : undefined;
  return { kind: "socket", ...place, mode, gid, backlog, peers };
}

/**
 * Makes `server` listen.
 *
 * @returns the address, with the port that the system chose
 * @throws FastCGIError `FCGI_ERR_LISTEN`
 */
export async function startListening(server: Server, plan: ListenPlan): Promise<Address> {
  const { address, backlog, peers } = plan;
  const text = formatApplicationAddress(plan);
  switch (address.kind) {
    case "unix":
      await clearDeadSocket(address.path);
      await listen(server, text, address, (done) =>
        withSocketAccess(address.path, plan, () => server.listen({ path: address.path, backlog }, done)),
      );
      return address;
    case "abstract":
      await listen(server, text, address, (done) => server.listen({ path: `\0${address.name}`, backlog }, done));
      return address;
    case "tcp": {
      const host = await numericHost(address.host, text);
      checkReach(host, text, peers, "listen");
      const options: NetListenOptions = { host, port: address.port, backlog };
      await listen(server, text, address, (done) => server.listen(options, done));
      return { ...address, port: (server.address() as AddressInfo).port };
    }
    case "fd": {
      await listen(server, text, address, (done) => server.listen({ fd: address.fd, backlog }, done));
      const bound = server.address();
      if (bound !== null && typeof bound === "object") {
        try {
          checkReach(bound.address, `${text} (tcp port ${bound.port})`, peers, "listen");
        } catch (error) {
          server.close();
          throw error;
        }
      }
      return address;
    }
  }
}

function inheritedAddress(environment: Readonly<Record<string, string | undefined>>): ApplicationAddress {
  const fd = inherited(environment);
  const given = Number(environment["LISTEN_FDS"]);
  if (fd === SD_LISTEN_FDS_START && given > 1) {
    throw refused(
      `systemd gave this process ${given} sockets, and an application listens on one: keep one ListenStream= of its socket unit, or name one, such as fd:${fd} for the first.`,
      "configure",
    );
  }
  if (typeof fd === "number") return { protocol: "fastcgi", address: { kind: "fd", fd } };
  throw refused(`There is nothing to listen on: ${HOW_TO_LISTEN}`, "configure");
}

/**
 * The IP address of a host.
 *
 * @throws FastCGIError `FCGI_ERR_LISTEN`
 */
export async function numericHost(host: string, text: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw refused(
      `Cannot listen on ${text}: the name ${host} is not known here; write an IP address.`,
      "listen",
      error,
    );
  }
}

/**
 * Whoever can connect can be any user (threat: a request forged by a server-side fetch of the same network).
 *
 * @throws FastCGIError `FCGI_ERR_LISTEN`
 */
export function checkReach(
  host: string,
  text: string,
  peers: AllowedPeers | undefined,
  phase: "configure" | "listen",
): void {
  if (peers !== undefined || isLoopback(host)) return;
  throw refused(
    `${text} can be reached from other machines, and whoever connects to a FastCGI application is believed: list the web servers in allowedPeers or FCGI_WEB_SERVER_ADDRS, or listen on 127.0.0.1 or a UNIX socket.`,
    phase,
  );
}

function listen(server: Server, text: string, address: Address, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => reject(cannotListen(text, address, cause));
    server.once("error", onError);
    try {
      start(() => {
        server.off("error", onError);
        resolve();
      });
    } catch (error) {
      server.off("error", onError);
      server.close(); // it may listen already
      reject(error instanceof FastCGIError ? error : cannotListen(text, address, error as NodeJS.ErrnoException));
    }
  });
}
