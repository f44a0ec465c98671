// Addresses in a folder of their own, whose applications may come and go.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach } from "vitest";

import type { Dispatcher } from "../../src/dispatcher.ts";
import { Peer } from "./peer.ts";
import type { PeerScript } from "./peer.ts";
import { run } from "./run.ts";

export const serve: PeerScript = { onRequest: ({ id, connection }) => connection.reply(id) };

let folder: string;
let started: Peer[];

/** A folder for each test of the file. */
export function usePeerGroup(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "x-client-"));
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((peer) => peer.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
}

/** The address of a peer that may not run. */
export function at(name: string): string {
  return `unix:${join(folder, name)}`;
}

export async function start(name: string, script: PeerScript = serve): Promise<Peer> {
  const peer = await Peer.start({ ...script, path: join(folder, name) });
  started.push(peer);
  return peer;
}

/** Two of them, "a" and "b". */
export async function pair(a: PeerScript, b: PeerScript): Promise<[Peer, Peer]> {
  return [await start("a", a), await start("b", b)];
}

/** One request after the other; the codes of their errors. */
export async function oneByOne(dispatcher: Dispatcher, count: number): Promise<(string | undefined)[]> {
  const codes: (string | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    // oxlint-disable-next-line no-await-in-loop
    codes.push((await run(dispatcher).settled).code);
  }
  return codes;
}
