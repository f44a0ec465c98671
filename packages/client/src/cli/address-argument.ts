import { formatAddress, parseAddress } from "@x/protocol/address";

import type { Arguments } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The one argument of a command that takes an address alone, in its canonical form. */
export function addressArgument(args: Arguments, command: string): string {
  const [address, ...more] = args.positionals;
  if (address === undefined || more.length > 0) {
    throw new UsageError(`It takes an address, such as "x-client ${command} tcp://127.0.0.1:9000".`);
  }
  return formatAddress(parseAddress(address));
}
