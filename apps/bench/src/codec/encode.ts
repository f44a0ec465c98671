import { EventEmitter } from "node:events";

import type { Candidate, Doors, Suite, Work } from "./suite.ts";

/** Records that one turn of the event loop produces, which leave in one write. */
const RECORDS = 16;

/** Encoding STDOUT records of one size; what is handed to the socket counts, the socket does not. */
export const encodeSuites: Readonly<Record<string, Suite>> = {
  "encode 100 B": encode(100),
  "encode 8 KiB": encode(8_192),
  "encode 64 KiB": encode(65_528),
};

function encode(contentLength: number): Suite {
  const over = (make: (content: Buffer, doors: Doors) => Work | Promise<Work>): Candidate => {
    return (doors) => make(Buffer.alloc(contentLength, "response body "), doors);
  };
  return {
    unit: "record",
    floor: "floor: memcpy of the content",
    candidates: {
      "floor: memcpy of the content": over(copyContent),
      RecordOutput: over(recordOutput),
      "encodeRecord()": over(encodeRecord),
      "fastcgi-parser": over(fastcgiParser),
      "fastcgi-stream": over(fastcgiStream),
    },
  };
}

function copyContent(content: Buffer): Work {
  const target = new Uint8Array(RECORDS * (content.length + 16));
  const run = (): number => {
    let at = 0;
    for (let record = 0; record < RECORDS; record++, at += content.length) target.set(content, at);
    return at / content.length;
  };
  return { operations: RECORDS, run };
}

function recordOutput(content: Buffer, { protocol }: Doors): Work {
  const output = new protocol.RecordOutput(() => {});
  const run = (): number => {
    for (let record = 0; record < RECORDS; record++) output.stream(protocol.RecordType.Stdout, 1, content);
    const pending = output.pendingBytes;
    if (output.take().length === 0) throw new Error("nothing to send");
    return Math.floor(pending / (content.length + 8));
  };
  return { operations: RECORDS, run };
}

function encodeRecord(content: Buffer, { protocol }: Doors): Work {
  const record = { type: protocol.RecordType.Stdout, requestId: 1, content };
  const run = (): number => {
    let bytes = 0;
    for (let count = 0; count < RECORDS; count++) bytes += protocol.encodeRecord(record).length;
    return Math.floor(bytes / (content.length + 8));
  };
  return { operations: RECORDS, run };
}

/** Writes into a buffer of its own, which the next record overwrites: a caller has to copy it still. */
async function fastcgiParser(content: Buffer): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-parser");
  const writer = new fastcgi.writer();
  writer.encoding = "binary";
  const header = { version: 1, type: 6, recordId: 1, contentLength: content.length, paddingLength: 0 };
  const run = (): number => {
    let bytes = 0;
    for (let record = 0; record < RECORDS; record++) {
      writer.writeHeader(header);
      writer.writeBody(content);
      bytes += writer.tobuffer().length;
    }
    return bytes / (content.length + 8);
  };
  return { operations: RECORDS, run };
}

async function fastcgiStream(content: Buffer): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-stream");
  let bytes = 0;
  const socket = Object.assign(new EventEmitter(), {
    write(chunk: Buffer): boolean {
      bytes += chunk.length;
      return true;
    },
  });
  const stream = new fastcgi.FastCGIStream(socket);
  const run = (): number => {
    bytes = 0;
    for (let record = 0; record < RECORDS; record++) stream.writeRecord(1, new fastcgi.records.StdOut(content));
    return Math.floor(bytes / (content.length + 8));
  };
  return { operations: RECORDS, run };
}
