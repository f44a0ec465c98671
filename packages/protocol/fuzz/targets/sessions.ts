// Z4: both sessions against each other, and each of them against anybody: each request gets one end, runs at most once, and sees
// no byte of another; what one connection can make a session hold is bounded.
import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { FastCGIError } from "../../src/errors.ts";
import { ClientSide } from "../../test/session/client-side.ts";
import { ResponderSide } from "../../test/session/responder-side.ts";
import { OPERATIONS, World } from "../../test/session/world.ts";
import { begin, concat, cut, end, head, pattern, record, strictRecords } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const mode = input.byte() % 3;
  if (mode === 0) both(input);
  else if (mode === 1) application(input);
  else webServer(input);
}

/** A polite web server and a polite application, in any order of events. */
function both(input: Input): void {
  const world = new World(1 + (input.byte() & 3), 1 + (input.byte() & 3));
  const { client, application, requests } = world;
  for (let steps = 0; !input.empty && steps < 150; steps++) {
    const [operation, which, amount] = [input.byte(), input.byte(), input.byte()];
    world.step({
      operation: OPERATIONS[operation % OPERATIONS.length] as (typeof OPERATIONS)[number],
      which: which % 6,
      amount: amount === 255 ? 70_000 : amount === 254 ? 5_000 : amount,
    });
  }
  deepStrictEqual([client.fatal, application.fatal], [[], []]);
  world.deliver("application", Infinity);
  for (const { served } of requests) served?.exchange.end();
  world.collect();
  world.deliver("server", Infinity);
  world.check();
  strictEqual(application.session.active, 0);
  if (application.closes > 0) client.session.receiveEnd();
  for (const { call } of requests) {
    deepStrictEqual([call.endings, call.exchange.ended], [call.exchange.aborted ? 0 : 1, true]);
  }
}

/** An application, and whoever sends to it. */
function application(input: Input): void {
  const multiplex = 1 + (input.byte() & 3);
  const options = input.byte();
  const most = 1 + (input.byte() & 15);
  const atOnce = (options & 1) !== 0;
  const side = new ResponderSide(
    {
      multiplex,
      roles: [1, 3],
      maxParamsBytes: 400,
      maxParams: 5,
      maxParamBytes: 300,
      maxBufferedBytes: 500,
      ...((options & 2) === 0 ? {} : { maxRequestsPerConnection: most }),
    },
    ({ exchange }) => atOnce && exchange.end(),
  );
  const { begun, bytes, chunks } = anyRecords(input);
  let sent = 0;
  for (const chunk of chunks) {
    side.receive(chunk);
    ok(side.session.active <= multiplex);
    ok(side.fatal.length + side.closes <= 1);
    sent += side.output.pendingBytes;
    strictRecords(side.sentBytes());
    if ((options & 4) !== 0) side.served.at(-1)?.exchange.end();
  }
  // Nobody is answered by more than twice what he sent, and a closing.
  ok(sent <= 2 * bytes + 24 * (side.served.length + 1));
  for (const { exchange, aborts } of side.served) {
    exchange.end();
    ok(exchange.ended && aborts.length <= 1);
  }
  ok(side.served.length <= begun);
  if ((options & 2) !== 0) ok(side.served.length <= most);
  strictEqual(new Set(side.served.map(({ exchange }) => exchange)).size, side.served.length);
  side.session.receiveEnd();
  side.session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "x"));
  deepStrictEqual([side.session.active, side.session.receiving, side.fatal.length + side.closes], [0, false, 1]);
}

/** A web server, and whoever answers it. */
function webServer(input: Input): void {
  const multiplex = 1 + (input.byte() & 3);
  const side = new ClientSide({ multiplex });
  if ((input.byte() & 1) !== 0) side.session.requestValues();
  const { bytes, chunks } = anyRecords(input);
  for (const chunk of [new Uint8Array(0), ...chunks]) {
    side.receive(chunk);
    while (side.session.available && side.calls.length < 20) {
      const { exchange } = side.begin({ keepConn: (bytes & 7) !== 0 });
      if ((bytes & 8) !== 0) exchange.endStdin();
      if ((bytes & 48) === 48) exchange.abort();
    }
    ok(side.session.active <= multiplex);
    strictEqual(side.calls.filter(({ exchange }) => !exchange.ended).length, side.session.active);
  }
  strictRecords(side.sentBytes());
  side.session.receiveEnd();
  for (const { endings, exchange } of side.calls) {
    deepStrictEqual([endings, exchange.ended], [exchange.aborted ? 0 : 1, true]);
  }
  const told = side.calls.reduce((total, call) => total + call.stdout.length + call.stderr.length, 0);
  ok(told <= bytes && side.fatal.length <= 1 && side.values.length <= 1 && !side.session.available);
}

/** Those that our web server gives out, and some that another one may. */
const IDS = [0, 1, 2, 3, 4, 64, 300, 65_535];

/** Records that get somewhere, with damage and anything else between them. */
function anyRecords(input: Input): { begun: number; bytes: number; chunks: Uint8Array[] } {
  const sizes = input.sizes();
  const parts: Uint8Array[] = [];
  let begun = 0;
  while (!input.empty && parts.length < 60) {
    const kind = input.byte();
    const id = IDS[kind >> 5] as number;
    switch (kind & 15) {
      case 0:
      case 1:
        parts.push(begin(id, input.byte() & 3, kind & 16));
        begun++;
        break;
      case 2:
        parts.push(head(id, { A: "b" }, (kind & 16) === 0 ? 1 : 3));
        begun++;
        break;
      case 3:
        parts.push(end(id, input.byte(), input.byte() & 3));
        break;
      case 4:
        parts.push(record(4, id, (kind & 16) === 0 ? input.take(input.byte()) : pattern(input.byte())));
        break;
      case 5:
        parts.push(record(4, id));
        break;
      case 6:
      case 7:
      case 8:
        parts.push(record(kind & 15, id, (kind & 16) === 0 ? pattern(input.byte()) : "", input.byte() & 7, 0xff));
        break;
      case 9:
        parts.push(record(5, id, (kind & 16) === 0 ? pattern(input.byte()) : ""));
        break;
      case 10:
        parts.push(record(2, id));
        break;
      case 11:
        parts.push(record(9, 0, input.take(input.byte() & 63)));
        break;
      case 12:
        parts.push(record(input.byte(), 0, input.take(input.byte() & 15)));
        break;
      case 13:
        parts.push(record(input.byte(), input.short(), input.take(input.byte()), input.byte(), 1));
        begun++;
        break;
      default:
        parts.push(input.take(input.byte() & 31));
        begun += 2;
    }
  }
  const whole = concat(...parts);
  return { begun, bytes: whole.length, chunks: cut(whole, sizes) };
}
