import type { Flags } from "./arguments.ts";
import { benchCommand } from "./bench.ts";
import type { Command } from "./command.ts";
import { addressHelp, HELP, listFlags } from "./command.ts";
import { dumpCommand } from "./dump.ts";
import { pingCommand } from "./ping.ts";
import { requestCommand } from "./request.ts";
import { statusCommand } from "./status.ts";
import { valuesCommand } from "./values.ts";

/** All commands, by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  request: requestCommand,
  ping: pingCommand,
  status: statusCommand,
  values: valuesCommand,
  bench: benchCommand,
  dump: dumpCommand,
};

export const GENERAL_FLAGS: Flags = {
  ...HELP,
  version: { type: "boolean", short: "V", what: "show the version" },
};

/** What `x-client --help` says. */
export function generalUsage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { synopsis, summary }]) => {
    return `  ${`${name} ${synopsis}`.padEnd(25)} ${summary}`;
  });
  return `Examples
  x-client request unix:/run/php/php-fpm.sock /index.php --root /srv/www
  x-client status unix:/run/php/php-fpm.sock --watch
  x-client ping tcp://127.0.0.1:9000

Commands
${commands.join("\n")}

Flags
${listFlags(GENERAL_FLAGS)}

${addressHelp(true)} (request, ping, bench)
More about a command: x-client request --help
Exit codes: 0 fine, 1 the application failed or cannot be reached, 2 a mistake on the command line
`;
}
