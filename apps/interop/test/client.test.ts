// Our client in front of everybody's applications.
import { join } from "node:path";

import { describe } from "vitest";

import { describeApplication } from "../src/behaviours/client.ts";
import type { RunningApplication } from "../src/behaviours/client.ts";
import { needs } from "../src/needs.ts";
import { buildGo, startGo } from "../src/peers/go.ts";
import { startPhpCgi, startPhpFpm } from "../src/peers/php-fpm.ts";
import { startResponder } from "../src/peers/responder.ts";
import type { Program } from "../src/program.ts";
import { copySite, temporaryFolder } from "../src/temporary.ts";

/** An application of its own folder and socket. */
async function start(
  run: (folder: string, socket: string) => Promise<Program>,
  script?: string,
): Promise<RunningApplication> {
  const folder = temporaryFolder();
  const socket = join(folder.path, "application.sock");
  const site = copySite(folder.path);
  const program = await run(folder.path, socket);
  const stop = async (): Promise<void> => {
    await program.stop();
    folder.remove();
  };
  return { address: `unix:${socket}`, stop, ...(script === undefined ? {} : { script: join(site, script) }) };
}

const multiplexed = { capacity: 32, multiplex: 16, connections: 2 };

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))(
  "x-client calls PHP-FPM",
  () => {
    const fpm = (): Promise<RunningApplication> =>
      start((folder) => startPhpFpm(folder, "application", { children: 4 }), "index.php");
    describeApplication("capacity unknown", fpm, { stderr: true });
    describeApplication("capacity known, connections kept", fpm, { options: { capacity: 4 }, stderr: true });
  },
);

describe.runIf(needs("php-cgi", ["php-cgi8.2", "php-cgi"]))("x-client calls php-cgi", () => {
  describeApplication("one process", () => start((_, socket) => startPhpCgi(socket), "index.php"), {
    options: { capacity: 1 },
    stderr: true,
  });
});

describe.runIf(needs("go", ["go"]))("x-client calls Go's net/http/fcgi", () => {
  const go = (): Promise<RunningApplication> => start((folder, socket) => startGo(buildGo(folder), socket));
  describeApplication("a connection a request", go);
  describeApplication("multiplexed over two connections", go, { options: multiplexed });
});

describe("x-client calls @x/responder", () => {
  const responder = (): Promise<RunningApplication> => start((_, socket) => startResponder(socket));
  describeApplication("a connection a request", responder, { stderr: true });
  describeApplication("multiplexed over two connections", responder, { options: multiplexed, stderr: true });
});
