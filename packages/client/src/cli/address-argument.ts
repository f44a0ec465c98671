import { formatAddress, parseAddress, parseApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress } from "@x/protocol/address";

import type { Arguments } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The one argument of a command that takes an address alone, of an application that speaks FastCGI; in its canonical form. */
export function addressArgument(args: Arguments, command: string): string {
  return formatAddress(parseAddress(oneArgument(args, command)));
}

/** As {@link addressArgument}, of an application that may speak SCGI, too. */
export function applicationArgument(args: Arguments, command: string): ApplicationAddress {
  return parseApplicationAddress(oneArgument(args, command));
}

function oneArgument(args: Arguments, command: string): string {
  const [address, ...more] = args.positionals;
  if (address === undefined || more.length > 0) {
    throw new UsageError(`It takes an address, such as "x-client ${command} tcp://127.0.0.1:9000".`);
  }
  return address;
}
