import { EventEmitter } from "node:events";

import type { RecordHandler } from "@x/protocol";

import { recordStream } from "./record-stream.ts";
import type { RecordStream } from "./record-stream.ts";
import type { Candidate, Doors, Suite, Work } from "./suite.ts";

/** Decoding a stream of equal records that arrives in chunks of 64 KiB. */
export const decodeSuites: Readonly<Record<string, Suite>> = {
  "decode 100 B": decode(100),
  "decode 8 KiB": decode(8_192),
  "decode 64 KiB": decode(65_528),
};

function decode(contentLength: number): Suite {
  const over = (make: (stream: RecordStream, doors: Doors) => Work | Promise<Work>): Candidate => {
    return (doors) => make(recordStream(contentLength), doors);
  };
  return {
    unit: "record",
    floor: "floor: walking the headers",
    candidates: {
      "floor: walking the headers": over(walkHeaders),
      RecordDecoder: over(recordDecoder),
      "records()": over(recordsIterator),
      "fastcgi-parser": over(fastcgiParser),
      "fastcgi-stream": over(fastcgiStream),
      "memcpy of the content": over(copyContent),
    },
  };
}

/** The least that reading records can cost: each header's bytes are looked at where they lie, and nobody is told. */
function walkHeaders({ whole, records }: RecordStream): Work {
  const run = (): number => {
    let found = 0;
    let type = 0;
    for (let at = 0; at < whole.length; found++) {
      if (whole[at] !== 1) throw new Error("not a record");
      type |= whole[at + 1]! | (whole[at + 2]! << 8) | whole[at + 3]!;
      at += 8 + ((whole[at + 4]! << 8) | whole[at + 5]!) + whole[at + 6]!;
    }
    if (type !== 7) throw new Error("not the records that were made");
    return found;
  };
  return { operations: records, run };
}

/** The least that a handler does. */
class Counter implements RecordHandler {
  records = 0;
  bytes = 0;

  onRecord(_type: number, id: number): void {
    if (id !== 1) throw new Error("not the records that were made");
  }

  onContent(_type: number, _id: number, _chunk: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
  }

  onRecordEnd(): void {
    this.records++;
  }
}

function recordDecoder({ chunks, records, whole }: RecordStream, { protocol }: Doors): Work {
  const counter = new Counter();
  const decoder = new protocol.RecordDecoder(counter);
  const run = (): number => {
    counter.records = counter.bytes = 0;
    for (const chunk of chunks) decoder.push(chunk);
    if (counter.bytes >= whole.length) throw new Error("more content than there is");
    return counter.records;
  };
  return { operations: records, run };
}

function recordsIterator({ chunks, records }: RecordStream, { protocol }: Doors): Work {
  const run = async (): Promise<number> => {
    let found = 0;
    for await (const record of protocol.records(chunks)) {
      if (record.requestId !== 1) throw new Error("not the records that were made");
      found++;
    }
    return found;
  };
  return { operations: records, run };
}

async function fastcgiParser({ chunks, records }: RecordStream): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-parser");
  const parser = new fastcgi.parser();
  parser.encoding = "binary";
  let found = 0;
  parser.onRecord = () => {
    found++;
  };
  const run = (): number => {
    found = 0;
    for (const chunk of chunks) parser.execute(chunk, 0, chunk.length);
    return found;
  };
  return { operations: records, run };
}

async function fastcgiStream({ chunks, records }: RecordStream): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-stream");
  const socket = new EventEmitter();
  let found = 0;
  new fastcgi.FastCGIStream(socket).on("record", () => {
    found++;
  });
  const run = (): number => {
    found = 0;
    for (const chunk of chunks) socket.emit("data", chunk);
    return found;
  };
  return { operations: records, run };
}

/** What it would cost to copy each record's content once, lengths known. */
function copyContent({ whole, records }: RecordStream): Work {
  const target = new Uint8Array(65_536);
  const contents: Buffer[] = [];
  for (let at = 0; at < whole.length;) {
    const length = whole.readUInt16BE(at + 4);
    contents.push(whole.subarray(at + 8, at + 8 + length));
    at += 8 + length + whole[at + 6]!;
  }
  const run = (): number => {
    for (const content of contents) target.set(content, 0);
    return contents.length;
  };
  return { operations: records, run };
}
