import { chmodSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "interop/free-port";
import { buildGo, startGo } from "interop/peers/go";
import { startProgram } from "interop/program";

import type { Keep } from "../with-programs.ts";
import { startFront } from "./nginx.ts";

/** One application behind an nginx of its own. */
export interface Row {
  name: string;
  /** Of the nginx. */
  origin: string;
  /** The process. */
  application: number;
  /** The nginx. */
  front: number;
  /** Where the application listens. */
  socket: string;
}

/** What nginx speaks to each of them. */
const SHAPES: Readonly<Record<string, "http" | "fastcgi">> = {
  "node:http": "http",
  "@hono/node-server": "http",
  srvx: "http",
  raw: "fastcgi",
  fetch: "fastcgi",
  "fetch, not lean": "fastcgi",
  node: "fastcgi",
  "node-fastcgi": "fastcgi",
};

const GO = "Go net/http/fcgi";

/** Starts the applications; those alone that `only` wants. */
export async function startRows(folder: string, keep: Keep, only: RegExp | undefined): Promise<Row[]> {
  const program = join(import.meta.dirname, "application.ts");
  const rows: Row[] = [];
  for (const name of [...Object.keys(SHAPES), GO]) {
    if (only?.test(name) === false) continue;
    const socket = join(folder, `${rows.length}.sock`);
    const application = await keep(
      name === GO
        ? startGo(buildGo(folder), socket, { bench: true })
        : startProgram(process.execPath, [program, name, socket], { path: socket }),
    );
    chmodSync(socket, 0o666); // nginx's worker is another user
    const port = await freePort();
    const protocol = SHAPES[name] ?? "fastcgi";
    const front = await keep(startFront(folder, `${rows.length}`, { port, socket, protocol }));
    rows.push({ name, origin: `http://127.0.0.1:${port}`, application: application.pid, front: front.pid, socket });
  }
  return rows;
}
