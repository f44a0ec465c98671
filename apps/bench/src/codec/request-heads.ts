import { EventEmitter } from "node:events";

import { requests } from "./request.ts";
import type { Doors, Suite, Work } from "./suite.ts";

const RESPONDER = 1;
const KEEP_CONN = 1;

/** All that a GET sends: BEGIN_REQUEST, PARAMS and its end, the end of STDIN. */
export const requestHeadSuites: Readonly<Record<string, Suite>> = {
  "encode a request head": {
    unit: "head",
    floor: "floor: memcpy of a finished head",
    candidates: {
      "floor: memcpy of a finished head": copyHead,
      "RecordOutput, 12 of 25 params pre-encoded": recordOutput,
      "fastcgi-parser": fastcgiParser,
      "fastcgi-stream": fastcgiStream,
    },
  },
};

/** As a server writes heads: the list is made for the request, what never varies was encoded at start. */
export function requestHeadWriter(protocol: Doors["protocol"]): (index: number) => Uint8Array[] {
  const constants = protocol.encodeNameValues(requests[0]!.constant);
  const output = new protocol.RecordOutput(() => {});
  return (index) => {
    const list = new protocol.ParamList(constants);
    const { varying } = requests[index % requests.length]!;
    for (let pair = 0; pair < varying.length; pair++) list.add(varying[pair]![0], varying[pair]![1]);
    output.request(1, protocol.Role.Responder, true, list);
    output.endStream(protocol.RecordType.Stdin, 1);
    return output.take();
  };
}

function recordOutput({ protocol }: Doors): Work {
  const write = requestHeadWriter(protocol);
  const run = (): number => {
    let heads = 0;
    for (let index = 0; index < requests.length; index++) heads += write(index).length;
    return heads;
  };
  return { operations: requests.length, run };
}

function copyHead({ protocol }: Doors): Work {
  const write = requestHeadWriter(protocol);
  const heads = requests.map((_, index) => Buffer.concat(write(index)));
  let target = new Uint8Array(65_536);
  let at = 0;
  const run = (): number => {
    for (const head of heads) {
      if (at + head.length > target.length) {
        target = new Uint8Array(65_536);
        at = 0;
      }
      target.set(head, at);
      at += head.length;
    }
    return heads.length;
  };
  return { operations: heads.length, run };
}

async function fastcgiParser(): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-parser");
  const writer = new fastcgi.writer();
  const header = (type: number, contentLength: number): void =>
    writer.writeHeader({ version: 1, type, recordId: 1, contentLength, paddingLength: 0 });
  const run = (): number => {
    for (const { all } of requests) {
      // Each record comes in the writer's one buffer, so each is copied before the next one.
      const parts: Buffer[] = [];
      header(1, 8);
      writer.writeBegin({ role: RESPONDER, flags: KEEP_CONN });
      parts.push(Buffer.from(writer.tobuffer()));
      header(4, fastcgi.getParamLength(all));
      writer.writeParams(all);
      parts.push(Buffer.from(writer.tobuffer()));
      header(4, 0);
      parts.push(Buffer.from(writer.tobuffer()));
      header(5, 0);
      parts.push(Buffer.from(writer.tobuffer()));
      if (parts.length !== 4) throw new Error("not four records");
    }
    return requests.length;
  };
  return { operations: requests.length, run };
}

async function fastcgiStream(): Promise<Work> {
  const { default: fastcgi } = await import("fastcgi-stream");
  const { BeginRequest, Params, StdIn } = fastcgi.records;
  let writes = 0;
  const socket = Object.assign(new EventEmitter(), {
    write(): boolean {
      writes++;
      return true;
    },
  });
  const stream = new fastcgi.FastCGIStream(socket);
  const run = (): number => {
    writes = 0;
    for (const { all } of requests) {
      stream.writeRecord(1, new BeginRequest(RESPONDER, KEEP_CONN));
      stream.writeRecord(1, new Params(all));
      stream.writeRecord(1, new Params([]));
      stream.writeRecord(1, new StdIn());
    }
    return writes / 4;
  };
  return { operations: requests.length, run };
}
