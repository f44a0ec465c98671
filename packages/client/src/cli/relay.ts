import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import type { WriteStream } from "node:fs";
import { createServer, connect } from "node:net";
import type { NetConnectOpts, Server, Socket } from "node:net";
import { join } from "node:path";

import { formatAddress, parseAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { connectError } from "../connect-error.ts";
import type { Show } from "./dump.ts";
import { RecordLines } from "./record-lines.ts";
import { UsageError } from "./usage-error.ts";

export interface RelayOptions {
  listen: string;
  application: string;
  /** Where the bytes go, too. */
  folder: string | undefined;
  connections: number;
  show: Show;
}

/**
 * Passes connections on to an application, byte by byte, and shows the records of both directions: `1>` what the web
 * server sends on the first connection, `1<` what comes back. Ends by a signal, or after so many connections.
 */
export async function runRelay({ listen, application, folder, connections, show }: RelayOptions): Promise<void> {
  const here = parseAddress(listen, { ephemeral: true });
  const there = parseAddress(application);
  if (folder !== undefined) makeFolder(folder);
  const open = new Set<Socket>();
  const recordings = new Set<Promise<unknown>>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (front) => {
    accepted++;
    if (accepted >= connections) server.close();
    const back = connect({ ...optionsOf(there), allowHalfOpen: true });
    const number = accepted;
    open.add(front).add(back);
    const directions = [
      { from: front, to: back, arrow: ">", name: "sent" },
      { from: back, to: front, arrow: "<", name: "received" },
    ];
    for (const { from, to, arrow, name } of directions) {
      const file = folder === undefined ? undefined : createWriteStream(join(folder, `${number}.${name}`));
      if (file !== undefined) {
        const recording = written(file).finally(() => recordings.delete(recording));
        recordings.add(recording);
      }
      const lines = new RecordLines((record) => show(`${number}${arrow} `, record));
      from.on("data", (chunk: Buffer) => {
        lines.push(chunk);
        file?.write(chunk);
        if (!to.write(chunk)) from.pause();
      });
      to.on("drain", () => from.resume());
      from.on("end", () => to.end());
      from.on("error", (error) => {
        if (from === back) process.stderr.write(`x-client: ${connectError(there, error).message}\n`);
      });
      from.on("close", () => {
        open.delete(from);
        // A reset is passed on as one: the other side must not take half an answer for a whole.
        if (from.readableEnded) to.end();
        else to.destroy();
        lines.end();
        file?.end();
      });
    }
  });
  await listenOn(server, here, listen);
  process.stderr.write(`x-client: ${addressOf(server, here)} passes on to ${formatAddress(there)}\n`);
  const stop = (): void => {
    if (server.listening) server.close();
    for (const socket of open) socket.destroy();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await once(server, "close");
  process.off("SIGINT", stop).off("SIGTERM", stop);
  await Promise.all(recordings);
}

async function listenOn(server: Server, address: Address, text: string): Promise<void> {
  try {
    if (address.kind === "tcp") server.listen(address.port, address.host);
    else server.listen((optionsOf(address) as { path: string }).path);
    await once(server, "listening");
  } catch (error) {
    const message = `Cannot listen on ${text}: ${(error as Error).message}. Choose an address that nobody uses.`;
    throw new FastCGIError("FCGI_ERR_LISTEN", message, { cause: error, address: text, phase: "listen" });
  }
}

function optionsOf(address: Address): NetConnectOpts {
  switch (address.kind) {
    case "unix":
      return { path: address.path };
    case "abstract":
      return { path: `\0${address.name}` };
    case "tcp":
      return { host: address.host, port: address.port };
    default:
      throw new UsageError(`${formatAddress(address)} is none that a relay takes; it takes unix: and tcp: addresses.`);
  }
}

function addressOf(server: Server, address: Address): string {
  const bound = server.address();
  if (address.kind !== "tcp" || typeof bound === "string" || bound === null) return formatAddress(address);
  return formatAddress({ ...address, port: bound.port });
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(`The folder ${folder} cannot be made: ${(error as Error).message}.`);
  }
}

/** A disk that is full ends the recording, not the relay. */
function written(file: WriteStream): Promise<unknown> {
  file.on("error", (error) => process.stderr.write(`x-client: no more is recorded: ${error.message}\n`));
  return once(file, "close");
}
