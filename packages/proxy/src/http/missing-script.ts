import { realpathSync, statSync } from "node:fs";

import { parseApplicationAddress } from "@x/protocol/address";

import { closedFolder } from "../routing/closed-folder.ts";

/** Why PHP-FPM does not see a script that it was asked for. */
export interface MissingScript {
  /** What was asked for, and the likely cause. */
  readonly reason: string;
  readonly advice: string;
  /** The script is there on this machine: not the client asked for nonsense, something is set up wrong. */
  readonly isThere: boolean;
}

/** What PHP-FPM writes to stderr when SCRIPT_FILENAME names nothing that it can see; it then answers "File not found." with 404. */
const PRIMARY_SCRIPT_UNKNOWN = "Primary script unknown";

/**
 * An explanation for PHP-FPM's barest answer, by a look at the file system from here; undefined when this is not it.
 *
 * @param stderr what the application wrote for the request
 * @param scriptFilename what it was asked for, latin-1
 * @param address where it was asked
 */
export function explainMissingScript(
  stderr: string,
  scriptFilename: string | undefined,
  address: string,
): MissingScript | undefined {
  if (!stderr.includes(PRIMARY_SCRIPT_UNKNOWN)) return undefined;
  const path = Buffer.from(scriptFilename ?? "", "latin1").toString("utf8");
  const cannotSee = (cause: string): string =>
    `PHP-FPM cannot see the script ${path} ("Primary script unknown"): ${cause}`;
  const host = otherMachine(address);
  if (host !== undefined) {
    return {
      reason: cannotSee(`it runs on ${host}, and looks there.`),
      advice: `Which folder of ${host} holds the site? Name it in a route of its own for scripts: ${REMOTE_ROOT}`,
      isThere: false,
    };
  }
  const found = lookUp(path);
  if (found === undefined) {
    return {
      reason: cannotSee("it is not there on this machine."),
      advice: `Is root of the route right? In a container the site may lie elsewhere: ${REMOTE_ROOT}`,
      isThere: false,
    };
  }
  const way = found.real === path ? "" : ` Links lead from it to ${found.real}.`;
  const closed = closedFolder(path) ?? closedFolder(found.real);
  if (closed !== undefined) {
    return {
      reason: cannotSee(`${closed} lets no other users in.${way}`),
      advice: `Run \`chmod o+x ${closed}\`, or let the pool run as the owner of the site (user in its pool file).`,
      isThere: true,
    };
  }
  return {
    reason: cannotSee(`it is there, in folders that are open to all, so PHP-FPM sees another file system.${way}`),
    advice: `${hiddenByService(found.real)}Has its pool file a chroot? Does it run in a container, where the folder is not mounted, or elsewhere? Then: ${REMOTE_ROOT}`,
    isThere: true,
  };
}

const REMOTE_ROOT =
  '{ match: "*.php", fastcgi: { upstream: …, root: "/path/there", extensions: [".php"], checkFiles: false } }.';

/** The host of a TCP address that is not this machine. */
function otherMachine(address: string): string | undefined {
  const { address: target } = parseApplicationAddress(address);
  if (target.kind !== "tcp") return undefined;
  const isLocal = target.host === "localhost" || target.host === "::1" || target.host.startsWith("127.");
  return isLocal ? undefined : target.host;
}

function lookUp(path: string): { real: string } | undefined {
  try {
    return statSync(path).isFile() ? { real: realpathSync.native(path) } : undefined;
  } catch {
    return undefined;
  }
}

/** Distributions close these folders to services (systemd.exec(5)). */
function hiddenByService(path: string): string {
  if (/^\/(?:home|root|run\/user)\//.test(path))
    return "Services may not see home folders (ProtectHome= in the unit of php-fpm): move the site, such as to /srv. ";
  if (/^\/(?:tmp|var\/tmp)\//.test(path))
    return "Services may have a /tmp of their own (PrivateTmp= in the unit of php-fpm): move the site, such as to /srv. ";
  return "";
}
