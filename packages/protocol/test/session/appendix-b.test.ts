// The flows of FastCGI 1.0, Appendix B, through both sessions: what goes in, and byte for byte what comes out.
import { describe, expect, test } from "vitest";

import { failingApplication, simpleRequest, splitParams, twoRequests } from "../vectors/appendix-b.ts";
import { cut, latin1, strictRecords } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import { ResponderSide } from "./responder-side.ts";

const flows = [
  ["B.1, a simple request", simpleRequest],
  ["B.2, a pair that straddles records", splitParams],
  ["B.3, an application that fails", failingApplication],
] as const;
const chunkings = [
  ["whole", []],
  ["byte by byte", [1]],
  ["in odd pieces", [5, 0, 11, 3]],
] as const;

describe.for(flows)("[P71] [P74] %s", ([, flow]) => {
  test.for(chunkings)("the application's side, %s", ([, sizes]) => {
    const side = new ResponderSide();
    side.receive(...cut(flow.fromServer, sizes));
    expect(side.served).toHaveLength(1);
    const { exchange, stdin, told } = side.served[0]!;
    expect([exchange.id, exchange.role, exchange.keepConn]).toEqual([1, 1, false]);
    expect([...exchange.params]).toEqual(flow.params);
    expect([stdin, told.at(-1)]).toEqual([flow.stdin, "stdin end"]);
    for (const [stream, text] of flow.writes) {
      if (stream === "stdout") exchange.writeStdout(latin1(text));
      else exchange.writeStderr(latin1(text));
    }
    expect(side.closes).toBe(0);
    exchange.end(flow.appStatus);
    expect(side.sentBytes()).toEqual(flow.fromApplication);
    expect([side.closes, side.fatal]).toEqual([1, []]);
  });

  test.for(chunkings)("the web server's side, %s", ([, sizes]) => {
    const side = new ClientSide();
    const call = side.begin({ keepConn: false, params: flow.params });
    if (flow.stdin !== "") call.exchange.writeStdin(latin1(flow.stdin));
    call.exchange.endStdin();
    const joined = (bytes: Uint8Array): string[] => {
      const streams = new Map<string, string>();
      for (const { type, id, content } of strictRecords(bytes)) {
        const key = `${type} ${id}`;
        streams.set(key, `${streams.get(key) ?? ""}${Buffer.from(content).toString("hex")}`);
      }
      return [...streams].map((entry) => entry.join(" "));
    };
    const sent = side.sentBytes();
    // The specification's own client splits a pair; ours does not. What the streams hold is the same.
    if (flow === simpleRequest) expect(sent).toEqual(flow.fromServer);
    else expect(joined(sent)).toEqual(joined(padded(flow.fromServer)));

    side.receive(...cut(flow.fromApplication, sizes));
    expect(call.stdout).toBe(text(flow.writes, "stdout"));
    expect(call.stderr).toBe(text(flow.writes, "stderr"));
    expect(call.end).toEqual({ appStatus: flow.appStatus, protocolStatus: 0 });
    expect([call.endings, side.fatal, side.session.active]).toEqual([1, [], 0]);
  });
});

describe("[P73] B.4, two requests, the second one ends first", () => {
  test.for(chunkings)("the application's side, %s", ([, sizes]) => {
    const side = new ResponderSide();
    side.receive(...cut(twoRequests.fromServerFirst, sizes));
    expect(side.served).toHaveLength(1); // the second one's params have not ended
    side.served[0]!.exchange.writeStdout(latin1(twoRequests.head));
    side.receive(...cut(twoRequests.fromServerThen, sizes));
    const [first, second] = side.served.map(({ exchange }) => exchange);
    expect([first!.id, second!.id]).toEqual([1, 2]);
    expect([...second!.params]).toEqual(twoRequests.params);
    second!.writeStdout(latin1(twoRequests.head + twoRequests.page));
    second!.end();
    first!.writeStdout(latin1(twoRequests.page));
    first!.end();
    expect(side.sentBytes()).toEqual(twoRequests.fromApplication);
    expect([side.closes, side.fatal, side.session.active]).toEqual([0, [], 0]);
  });

  test.for(chunkings)("the web server's side, %s", ([, sizes]) => {
    const side = new ClientSide({ multiplex: 2 });
    const first = side.begin({ params: twoRequests.params });
    const second = side.begin({ params: twoRequests.params });
    for (const { exchange } of [first, second]) exchange.endStdin();
    side.receive(...cut(twoRequests.fromApplication, sizes));
    for (const call of [first, second]) {
      expect(call.stdout).toBe(twoRequests.head + twoRequests.page);
      expect([call.end, call.endings]).toEqual([{ appStatus: 0, protocolStatus: 0 }, 1]);
    }
    expect([side.session.active, side.session.available, side.fatal]).toEqual([0, true, []]);
  });
});

/** The same records with the padding that ours have. */
function padded(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    const part = new Uint8Array(8 + Math.ceil(length / 8) * 8);
    part.set(bytes.subarray(at, at + 8 + length));
    part[6] = part.length - 8 - length;
    parts.push(part);
    at += 8 + length + bytes[at + 6]!;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function text(writes: readonly (readonly [string, string])[], wanted: string): string {
  return writes.map(([stream, text]) => (stream === wanted ? text : "")).join("");
}
