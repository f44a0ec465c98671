import type { Address } from "@x/protocol/address";
import { formatAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

/** The system error code of anything caught, or "". */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Why no connection came about, and what to do about it, in one sentence. */
export function connectError(address: Address, cause: unknown): FastCGIError<"FCGI_ERR_CONNECT"> {
  const text = formatAddress(address);
  return new FastCGIError("FCGI_ERR_CONNECT", `Cannot connect to ${text}: ${remedy(address, cause)}`, {
    cause,
    address: text,
    phase: "connect",
  });
}

/** No connection within `timeout` ms. `busy`: each attempt found the application's backlog full. */
export function connectTimeoutError(
  address: Address,
  timeout: number,
  busy: boolean,
  cause: unknown,
): FastCGIError<"FCGI_ERR_CONNECT_TIMEOUT"> {
  const text = formatAddress(address);
  const why = busy
    ? "the application does not accept the connections that already wait (its backlog is full): give it more processes, or ask it less often."
    : "it does not answer: check host and port, and whether a firewall drops the packets.";
  return new FastCGIError("FCGI_ERR_CONNECT_TIMEOUT", `No connection to ${text} within ${timeout} ms: ${why}`, {
    cause,
    address: text,
    phase: "connect",
  });
}

function remedy(address: Address, cause: unknown): string {
  switch (systemCode(cause)) {
    case "ENOENT":
      return "the socket file does not exist; start the application, or correct the path.";
    case "ECONNREFUSED":
      return address.kind === "unix"
        ? "nothing listens on this socket; start the application (a socket file left by an earlier run is of no use)."
        : "nothing listens there; start the application, or correct the address.";
    case "EACCES":
    case "EPERM":
      return "this user may not open the socket; give it read and write permission (PHP-FPM: listen.owner, listen.group, listen.mode).";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the host name cannot be resolved; correct it, or check the name server.";
    case "EPROTOTYPE":
    case "ENOTSOCK":
      return "this is not a stream socket; correct the path.";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open; raise the limit (ulimit -n), or lower the capacity.";
    case "EADDRNOTAVAIL":
      return "no local port is free; let connections be reused by giving the pool a capacity.";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no route to the host; correct the address, or check the network.";
    case "ETIMEDOUT":
      return "the host does not answer; check the address, and whether a firewall drops the packets.";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
