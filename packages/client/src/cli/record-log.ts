import diagnosticsChannel from "node:diagnostics_channel";

import {
  decodeNameValues,
  ProtocolStatus,
  readBeginRequest,
  readEndRequest,
  RecordDecoder,
  RecordType,
  Role,
} from "@x/protocol";
import { parseApplicationAddress } from "@x/protocol/address";

import type { ClientDiagnostics } from "../diagnostics.ts";
import { printable } from "./printable.ts";
import { ScgiRequestLog, ScgiResponseLog } from "./scgi-log.ts";

const DIRECTIONS = [
  ["fastcgi:client:sent", ">"],
  ["fastcgi:client:received", "<"],
] as const;

/**
 * Runs `work` and shows each record of all connections of this process meanwhile: `>` sent, `<` received.
 *
 * @param wanted with false nothing is shown
 */
export async function withRecordLog(wanted: boolean, work: () => Promise<void>): Promise<void> {
  const listeners = DIRECTIONS.map(([name, arrow]) => {
    const logs = new WeakMap<object, Log>();
    const listener = (message: unknown): void => {
      const { address, connection, chunk } = message as ClientDiagnostics[typeof name];
      const write = (line: string): void => void process.stderr.write(`${arrow} ${line}\n`);
      const log = logs.get(connection) ?? makeLog(address, arrow, write);
      logs.set(connection, log);
      log.push(chunk);
    };
    return { name, listener };
  });
  if (wanted) for (const { name, listener } of listeners) diagnosticsChannel.subscribe(name, listener);
  try {
    await work();
  } finally {
    for (const { name, listener } of listeners) diagnosticsChannel.unsubscribe(name, listener);
  }
}

/** Shows one direction of one connection. */
interface Log {
  push(chunk: Uint8Array): void;
}

function makeLog(address: string, arrow: string, write: (line: string) => void): Log {
  if (parseApplicationAddress(address).protocol !== "scgi") return new RecordLog(write);
  return arrow === ">" ? new ScgiRequestLog(write) : new ScgiResponseLog(write);
}

class RecordLog implements Log {
  readonly #write: (line: string) => void;
  readonly #decoder: RecordDecoder;
  readonly #params: Uint8Array[] = [];
  #content: Uint8Array[] = [];
  #broken = false;

  constructor(write: (line: string) => void) {
    this.#write = write;
    this.#decoder = new RecordDecoder({
      onRecord: () => {
        this.#content = [];
      },
      onContent: (_type, _id, chunk, start, end) => this.#content.push(Buffer.from(chunk.subarray(start, end))),
      onRecordEnd: (type, id) => this.#show(type, id, Buffer.concat(this.#content)),
    });
  }

  push(chunk: Uint8Array): void {
    if (this.#broken) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#broken = true;
      this.#write(`(no record: ${error instanceof Error ? error.message : String(error)})`);
    }
  }

  #show(type: number, id: number, content: Buffer): void {
    this.#write(`${nameOf(RecordType, type)} id=${id}${describe(type, content)}`);
    if (type === RecordType.GetValuesResult) this.#showPairs(content);
    if (type !== RecordType.Params) return;
    if (content.length > 0) this.#params.push(content);
    else this.#showPairs(Buffer.concat(this.#params.splice(0)));
  }

  #showPairs(content: Uint8Array): void {
    for (const [name, value] of decodeNameValues(content)) this.#write(`  ${printable(`${name}=${value}`)}`);
  }
}

function describe(type: number, content: Buffer): string {
  switch (type) {
    case RecordType.BeginRequest: {
      const { role, keepConn } = readBeginRequest(content);
      return ` role=${nameOf(Role, role)} keepConn=${keepConn}`;
    }
    case RecordType.EndRequest: {
      if (content.length < 8) return ` ${content.length} bytes`;
      const { appStatus, protocolStatus } = readEndRequest(content);
      return ` appStatus=${appStatus} protocolStatus=${nameOf(ProtocolStatus, protocolStatus)}`;
    }
    case RecordType.Stderr:
      return ` ${content.length} bytes: ${printable(content.toString().trimEnd())}`;
    default:
      return content.length === 0 ? " (end)" : ` ${content.length} bytes`;
  }
}

/** `BeginRequest` → `BEGIN_REQUEST`, as the specification writes it; a number that it does not have as it is. */
function nameOf(constants: Readonly<Record<string, number>>, value: number): string {
  const name = Object.keys(constants).find((key) => constants[key] === value);
  return name === undefined ? String(value) : name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
