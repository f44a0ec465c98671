// pnpm captures [NAME …]: asks applications and keeps the bytes that they answer, as fixtures of the protocol's tests.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";

import { RecordDecoder, RecordType } from "@x/protocol";

import type { RunningApplication } from "../behaviours/client.ts";
import { buildGo, startGo } from "../peers/go.ts";
import { buildLibfcgi, startLibfcgi } from "../peers/libfcgi.ts";
import { startPerl } from "../peers/perl.ts";
import { startPhpCgi, startPhpFpm } from "../peers/php-fpm.ts";
import { startResponder } from "../peers/responder.ts";
import { startRuby } from "../peers/ruby.ts";
import { startUwsgi } from "../peers/uwsgi.ts";
import { startApplication } from "../running-application.ts";
import { scenarios } from "./scenarios.ts";
import type { Turn } from "./scenarios.ts";

/** ms without a byte after which an application has said what it has to say. */
const SILENCE = 700;
const FOLDER = join(import.meta.dirname, "../../../../packages/protocol/test/captures");

const php = { script: "index.php" };
const applications: Record<string, () => Promise<RunningApplication>> = {
  "php-fpm": () => startApplication((folder) => startPhpFpm(folder, "application", { children: 2 }), php),
  "php-cgi": () => startApplication((_, socket) => startPhpCgi(socket), php),
  go: () => startApplication((folder, socket) => startGo(buildGo(folder), socket)),
  libfcgi: () => startApplication((folder, socket) => startLibfcgi(buildLibfcgi(folder), socket)),
  perl: () => startApplication((_, socket) => startPerl(socket)),
  ruby: () => startApplication((_, socket) => startRuby(socket)),
  uwsgi: () => startApplication((_, socket) => startUwsgi("fastcgi", socket, 1)),
  responder: () => startApplication((_, socket) => startResponder(socket)),
};

/** As it stands in the file. */
interface KeptTurn {
  requests: number[];
  values: boolean;
  /** base64 */
  received: string;
  /** The application closed the connection then. */
  closed: boolean;
}

const wanted = process.argv.slice(2);
for (const [name, start] of Object.entries(applications)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const application = await start();
  const kept: Record<string, KeptTurn[]> = {};
  try {
    for (const [scenario, turns] of Object.entries(scenarios(application.script)))
      kept[scenario] = await record(application.address, turns);
  } finally {
    await application.stop();
  }
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(kept, undefined, 2)}\n`);
  console.log(`${name}: ${Object.keys(kept).length} captures`);
}

async function record(address: string, turns: readonly Turn[]): Promise<KeptTurn[]> {
  const socket = connect(address.replace(/^unix:/, ""));
  socket.on("error", () => {});
  const kept: KeptTurn[] = [];
  for (const { requests, values, sent } of turns) {
    socket.write(sent);
    const { received, closed } = await listen(socket, requests.length);
    kept.push({ requests, values, received: received.toString("base64"), closed });
    if (closed) break;
  }
  socket.destroy();
  return kept;
}

/** Until all have ended and nothing follows, or nothing comes at all, or the end. */
function listen(socket: Socket, requests: number): Promise<{ received: Buffer; closed: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ends = 0;
    const decoder = new RecordDecoder({
      onRecord: () => {},
      onContent: () => {},
      onRecordEnd: (type) => {
        if (type === RecordType.EndRequest) ends++;
      },
    });
    let timer = setTimeout(() => finish(false), SILENCE);
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      decoder.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), ends < requests ? SILENCE : 200);
    };
    const onClose = (): void => finish(true);
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("close", onClose);
      resolve({ received: Buffer.concat(chunks), closed });
    };
    socket.on("data", onData).on("close", onClose);
  });
}
