import { join } from "node:path";

import { formatAddress, parseAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedPhpFpmProcess } from "../config/resolved-config.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";
import { launchCommand } from "./launcher.ts";
import { phpFpmConfig } from "./php-fpm-config.ts";
import { capacityOf, preparePhp } from "./php-plan.ts";
import type { PhpPlan } from "./php-plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { isOther } from "./socket-folder.ts";

const CONFIG_FILE = "php-fpm.conf";

/**
 * Plans a PHP-FPM of our own, and writes its configuration into a folder of its user.
 *
 * @param address where the upstream has it; undefined: on a socket in that folder
 * @throws `FCGI_ERR_CONFIG` when php-fpm is missing or its user cannot enter a document root
 */
export function planPhpFpm(
  wanted: ResolvedPhpFpmProcess,
  address: ResolvedAddress | undefined,
  context: PlanContext,
): PhpPlan {
  const { key, program, account, environment, listen, capacity, cwd, runFolder, folderName } = preparePhp(
    wanted,
    address,
    context,
  );
  const config = phpFpmConfig({
    pool: wanted.name,
    listen: listenValue(listen, key),
    children: capacity,
    manager: capacityOf(wanted, address, context) === undefined ? "ondemand" : "static",
    bodyLimit: context.config.limits.body,
    environment: Object.keys(environment),
    ini: wanted.ini,
    shared: isOther(context.client, account),
  });
  const folder = runFolder.addFolder(folderName, account, { [CONFIG_FILE]: config }, context.client);
  const command = [program, "--nodaemonize", "--force-stderr", "--fpm-config", join(folder, CONFIG_FILE)];
  return {
    capacity,
    plan: {
      name: wanted.name,
      kind: "php-fpm",
      address: listen,
      account,
      launch: launchCommand(command, account, context.setpriv),
      cwd,
      environment,
      terminate: "leader",
    },
  };
}

/** An address as php-fpm spells it: `/run/php.sock`, `127.0.0.1:9000`, `[::1]:9000`. */
function listenValue(address: string, key: string): string {
  const parsed = parseAddress(address);
  if (parsed.kind === "unix") return parsed.path;
  if (parsed.kind === "tcp") return formatAddress(parsed).slice("tcp://".length);
  const message = `${key}: php-fpm cannot listen on ${address}: give the upstream a unix: or tcp: address, or none.`;
  throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
