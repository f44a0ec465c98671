import { channel } from "node:diagnostics_channel";

import { expect, test } from "vitest";

import { logPeers } from "../../src/cli/log-peers.ts";
import type { Log } from "../../src/cli/log.ts";

test("an address that is left out is told, and one that is back", () => {
  const lines: string[] = [];
  const end = logPeers({
    write: (level: string, text: string) => void lines.push(`${level} ${text}`),
  } as unknown as Log);
  const peer = channel("fastcgi:client:peer");
  for (const state of ["ejected", "probing", "down", "healthy", "draining"])
    peer.publish({ address: "unix:/a", state });
  end();
  peer.publish({ address: "unix:/a", state: "down" });
  expect(lines).toEqual([
    "warn unix:/a is left out, since its requests fail: the others get its share",
    "warn unix:/a is left out, since its checks fail: the others get its share",
    "info unix:/a is back, and gets its share of requests little by little",
  ]);
});
