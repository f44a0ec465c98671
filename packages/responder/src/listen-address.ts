import { resolve } from "node:path";

import { parseAddress, parseApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress } from "@x/protocol/address";

/**
 * Reads where to listen: `unix:/run/app.sock`, `scgi+tcp://127.0.0.1:4000`, `fd:0`. A path becomes absolute, as the file is
 * removed by it at the end, whatever the folder is then.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`
 */
export function parseListenAddress(text: string): ApplicationAddress {
  const place = parseApplicationAddress(text, { fd: true, ephemeral: true });
  if (place.address.kind !== "unix") return place;
  const path = resolve(place.address.path);
  return path === place.address.path ? place : { ...place, address: parseAddress(`unix:${path}`) };
}
