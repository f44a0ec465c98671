import { flawOfAddress } from "../http/addresses.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** Notes each entry that is no address and no network. */
export function checkAddresses(expansion: Expansion, path: KeyPath, addresses: readonly string[]): void {
  for (const [index, text] of addresses.entries()) {
    const flaw = flawOfAddress(text);
    if (flaw !== undefined) expansion.problem([...path, index], flaw);
  }
}
