import { statSync } from "node:fs";
import { isIP } from "node:net";
import { dirname } from "node:path";

import { type Address, formatAddress, parseAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedPhpCgiProcess } from "../config/resolved-config.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";
import { checkIniName, iniByteLimit, quoteIniValue } from "./ini-value.ts";
import { launchCommand } from "./launcher.ts";
import { preparePhp } from "./php-plan.ts";
import type { PhpPlan } from "./php-plan.ts";
import type { PlanContext } from "./plan-context.ts";

/** Connections that wait while all workers are busy, as for php-fpm. */
const BACKLOG = 511;

/**
 * Plans a pool of php-cgi: a master that keeps `capacity` workers, each for one request at once.
 *
 * @param address where the upstream has it; undefined: on a socket in a folder of its user
 * @throws `FCGI_ERR_CONFIG` when php-cgi is missing, its user cannot enter a document root, or others could use its socket
 */
export function planPhpCgi(
  wanted: ResolvedPhpCgiProcess,
  address: ResolvedAddress | undefined,
  context: PlanContext,
): PhpPlan {
  const ground = preparePhp(wanted, address, context);
  const { key, program, account, listen, capacity, cwd, runFolder, folderName } = ground;
  const target = parseAddress(listen);
  const bind = bindValue(target, key);
  if (address === undefined) runFolder.addFolder(folderName, account, {}, context.client);
  else if (target.kind === "unix") requireClosedFolder(target.path, key);
  const limit = iniByteLimit(context.config.limits.body);
  const ini = new Map([["log_errors", "1"], ["post_max_size", limit], ["upload_max_filesize", limit], ...wanted.ini]);
  // All of it is ours or the configuration's: nothing of a request ever stands on a command line (CVE-2012-1823).
  const settings = [...ini].flatMap(([name, value]) => ["-d", `${checkIniName(name)}=${quoteIniValue(name, value)}`]);
  return {
    capacity,
    plan: {
      name: wanted.name,
      kind: "php-cgi",
      address: listen,
      account,
      launch: launchCommand([program, ...settings, "-b", bind], account, context.setpriv),
      cwd,
      environment: {
        ...ground.environment,
        PHP_FCGI_CHILDREN: String(capacity),
        PHP_FCGI_MAX_REQUESTS: String(wanted.maxRequests),
        PHP_FCGI_BACKLOG: String(BACKLOG),
        ...(target.kind === "tcp" ? { FCGI_WEB_SERVER_ADDRS: clientsOf(target.host) } : {}),
      },
      // The master ends its workers, each after its request.
      terminate: "leader",
    },
  };
}

/** An address as php-cgi spells it: `/run/php.sock`, `127.0.0.1:9000`, `[::1]:9000`. */
function bindValue(address: Address, key: string): string {
  if (address.kind === "unix") return address.path;
  if (address.kind === "tcp") return formatAddress(address).slice("tcp://".length);
  throw problem(
    `${key}: php-cgi cannot listen on ${formatAddress(address)}: give the upstream a unix: or tcp: address, or none.`,
  );
}

/** php-cgi runs whatever script it is asked for: over TCP, by programs of this machine alone. */
function clientsOf(host: string): string {
  return isIP(host) === 0 || host === "127.0.0.1" ? "127.0.0.1,::1" : `127.0.0.1,::1,${host}`;
}

/** php-cgi makes its socket with mode 0777, whatever the umask is: the folder must keep others out. */
function requireClosedFolder(socket: string, key: string): void {
  const folder = dirname(socket);
  if ((statSync(folder).mode & 0o001) === 0) return;
  throw problem(
    `${key}: every user of this machine may enter ${folder}, and could make php-cgi run scripts, since its socket is open to all: run \`chmod o-x ${folder}\`, choose another folder, or leave the address out.`,
  );
}

function problem(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
