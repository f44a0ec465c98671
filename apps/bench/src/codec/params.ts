import type { ParamList } from "@x/protocol";

import { requests } from "./request.ts";
import type { Doors, Suite, Work } from "./suite.ts";

/** 25 params as pairs, without records around them. */
export const paramsSuites: Readonly<Record<string, Suite>> = {
  "encode 25 params": {
    unit: "request",
    floor: "floor: one latin1Write per name and value",
    candidates: {
      "floor: one latin1Write per name and value": writeEach,
      'one write(…, "latin1") per name and value': writeEachDocumented,
      "ParamList, 12 of them pre-encoded": writePreEncoded,
      "the same, the list made for each request": buildPreEncoded,
      "ParamList made for each request, nothing pre-encoded": buildAll,
      "encodeNameValues(), of pairs": encodeNameValues,
      "fastcgi-parser": parserWrites,
      "fastcgi-stream": streamWrites,
    },
  },
  "decode 25 params": {
    unit: "request",
    floor: "floor: one latin1 read per name and value",
    candidates: {
      "floor: one latin1 read per name and value": readEach,
      "decodeNameValues(), six of them read": decodeSome,
      "decodeNameValues(), all read": decodeAll,
      "fastcgi-parser": parserReads,
      "fastcgi-stream": streamReads,
    },
  },
};

/** Runs `encode` over all requests; it returns the offset after the last byte. */
function overRequests(encode: (index: number) => number): Work {
  const run = (): number => {
    let done = 0;
    for (let index = 0; index < requests.length; index++) if (encode(index) > 0) done++;
    return done;
  };
  return { operations: requests.length, run };
}

/** By the method that Node's own `write` ends in. */
function writeEach(): Work {
  const target = Buffer.alloc(8_192);
  return writeNamesAndValues(target, (text, at) => target.latin1Write(text, at, text.length));
}

/** By the method that Node documents. */
function writeEachDocumented(): Work {
  const target = Buffer.alloc(8_192);
  return writeNamesAndValues(target, (text, at) => target.write(text, at, "latin1"));
}

function writeNamesAndValues(target: Buffer, write: (text: string, at: number) => number): Work {
  const flat = requests.map(({ all }) => all.flat());
  const writeLength = (at: number, length: number): number => {
    if (length < 128) {
      target[at] = length;
      return at + 1;
    }
    return target.writeUInt32BE((length | 0x80000000) >>> 0, at);
  };
  return overRequests((index) => {
    const texts = flat[index]!;
    let at = 0;
    for (let pair = 0; pair < texts.length; pair += 2) {
      const name = texts[pair]!;
      const value = texts[pair + 1]!;
      at = writeLength(writeLength(at, name.length), value.length);
      at += write(name, at);
      at += write(value, at);
    }
    return at;
  });
}

/** What does not vary is encoded once, the rest is listed for each request. */
function list({ protocol }: Doors, index: number, constants?: Uint8Array): ParamList {
  const list = new protocol.ParamList(constants);
  const pairs = constants === undefined ? requests[index]!.all : requests[index]!.varying;
  for (let pair = 0; pair < pairs.length; pair++) list.add(pairs[pair]![0], pairs[pair]![1]);
  return list;
}

function writeList(list: ParamList, target: Uint8Array): number {
  const size = list.byteLength;
  if (list.writeTo(target, 0) !== size) throw new Error("not as long as it said");
  return size;
}

function writePreEncoded(doors: Doors): Work {
  const constants = doors.protocol.encodeNameValues(requests[0]!.constant);
  const lists = requests.map((_, index) => list(doors, index, constants));
  const target = new Uint8Array(8_192);
  return overRequests((index) => writeList(lists[index]!, target));
}

function buildPreEncoded(doors: Doors): Work {
  const constants = doors.protocol.encodeNameValues(requests[0]!.constant);
  const target = new Uint8Array(8_192);
  return overRequests((index) => writeList(list(doors, index, constants), target));
}

function buildAll(doors: Doors): Work {
  const target = new Uint8Array(8_192);
  return overRequests((index) => writeList(list(doors, index), target));
}

function encodeNameValues({ protocol }: Doors): Work {
  return overRequests((index) => protocol.encodeNameValues(requests[index]!.all).length);
}

async function parserWrites(): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-parser");
  const writer = new fastcgi.writer();
  return overRequests((index) => {
    const { all } = requests[index]!;
    const contentLength = fastcgi.getParamLength(all);
    writer.writeHeader({ version: 1, type: 4, recordId: 1, contentLength, paddingLength: 0 });
    writer.writeParams(all);
    return contentLength;
  });
}

async function streamWrites(): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-stream");
  return overRequests((index) => {
    const record = new fastcgi.records.Params(requests[index]!.all);
    const target = Buffer.allocUnsafe(record.getSize());
    record.write(target);
    return target.length;
  });
}

/** The pairs of each request, in wire form. */
function encoded({ protocol }: Doors): Buffer[] {
  return requests.map(({ all }) => Buffer.from(protocol.encodeNameValues(all)));
}

/** A PARAMS record around the pairs of each request. */
function records({ protocol }: Doors): Buffer[] {
  return requests.map(({ all }) => {
    const content = protocol.encodeNameValues(all);
    return Buffer.from(protocol.encodeRecord({ type: protocol.RecordType.Params, requestId: 1, content }));
  });
}

function readEach(doors: Doors): Work {
  const pairs = encoded(doors);
  return overRequests((index) => {
    const bytes = pairs[index]!;
    let characters = 0;
    for (let at = 0; at < bytes.length;) {
      const name = at + 2;
      const value = name + bytes[at]!; // no length of these is above 127
      const end = value + bytes[at + 1]!;
      characters += bytes.latin1Slice(name, value).length + bytes.latin1Slice(value, end).length;
      at = end;
    }
    return characters;
  });
}

function decodeSome(doors: Doors): Work {
  const pairs = encoded(doors);
  const wanted = ["REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "QUERY_STRING", "HTTP_HOST", "HTTP_COOKIE"];
  return overRequests((index) => {
    const params = doors.protocol.decodeNameValues(pairs[index]!);
    let characters = 0;
    for (const name of wanted) characters += params.get(name)?.length ?? Number.NaN;
    return characters;
  });
}

function decodeAll(doors: Doors): Work {
  const pairs = encoded(doors);
  return overRequests((index) => {
    let characters = 0;
    for (const [name, value] of doors.protocol.decodeNameValues(pairs[index]!))
      characters += name.length + value.length;
    return characters;
  });
}

async function parserReads(doors: Doors): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-parser");
  const parser = new fastcgi.parser();
  let found = 0;
  parser.onRecord = () => {
    found = 1;
  };
  const chunks = records(doors);
  return overRequests((index) => {
    found = 0;
    parser.execute(chunks[index]!, 0, chunks[index]!.length);
    return found;
  });
}

async function streamReads(doors: Doors): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-stream");
  const { EventEmitter } = await import("node:events");
  const socket = new EventEmitter();
  let found = 0;
  new fastcgi.FastCGIStream(socket).on("record", () => {
    found = 1;
  });
  const chunks = records(doors);
  return overRequests((index) => {
    found = 0;
    socket.emit("data", chunks[index]!);
    return found;
  });
}
