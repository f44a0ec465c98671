import { join } from "node:path";

import type { RunningApplication } from "./behaviours/client.ts";
import type { Program } from "./program.ts";
import { copySite, temporaryFolder } from "./temporary.ts";

/** An application in a folder of its own, on its own socket. */
export async function startApplication(
  run: (folder: string, socket: string) => Promise<Program>,
  { script, protocol = "" }: { script?: string; protocol?: string } = {},
): Promise<RunningApplication> {
  const folder = temporaryFolder();
  const socket = join(folder.path, "application.sock");
  const site = copySite(folder.path);
  const program = await run(folder.path, socket);
  const stop = async (): Promise<void> => {
    await program.stop();
    folder.remove();
  };
  const address = `${protocol}unix:${socket}`;
  return { address, stop, ...(script === undefined ? {} : { script: join(site, script) }) };
}
