import { RecordType } from "@x/protocol";
import type { FastCGIErrorCode } from "@x/protocol/errors";
import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { bytes, end, Peer, raw, stderr, stdout } from "./support/peer.ts";
import { run } from "./support/run.ts";

const { Stdout, Stderr, EndRequest, GetValues, GetValuesResult, UnknownType } = RecordType;
const END = Buffer.alloc(8);

interface Malformed {
  what: string;
  send: Uint8Array;
  code: FastCGIErrorCode;
  /** The peer closes after it, since otherwise more could come. */
  close?: boolean;
}

/** Whatever the peer sends here ends its connection and the request on it, and nothing else. */
const malformed: Malformed[] = [
  { what: "[P10] [TF05] version 0", send: raw(Stdout, 1, "x", { version: 0 }), code: "FCGI_ERR_BAD_VERSION" },
  { what: "[P10] [TF05] version 2", send: raw(Stdout, 1, "x", { version: 2 }), code: "FCGI_ERR_BAD_VERSION" },
  { what: "[P10] [TF05] version 255", send: raw(Stdout, 1, "x", { version: 255 }), code: "FCGI_ERR_BAD_VERSION" },
  { what: "an HTTP server", send: bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), code: "FCGI_ERR_NOT_FASTCGI" },
  { what: "[P19] [V8] [TF03] STDOUT with id 0", send: raw(Stdout, 0, "x"), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P19] [V8] [TF03] STDERR with id 0", send: raw(Stderr, 0, "x"), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P19] [V8] [TF03] END_REQUEST with id 0", send: raw(EndRequest, 0, END), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P19] [TF03] GET_VALUES with id 1", send: raw(GetValues, 1), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P19] [TF03] GET_VALUES_RESULT with id 1", send: raw(GetValuesResult, 1), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P19] [TF03] UNKNOWN_TYPE with id 1", send: raw(UnknownType, 1, END), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P96] [f19] STDOUT for an id never used", send: raw(Stdout, 7, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P96] [f19] END for an id never used", send: raw(EndRequest, 7, END), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P20] an id in the high byte", send: raw(Stdout, 0x0100, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] BEGIN_REQUEST from it", send: raw(1, 1, END), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] ABORT_REQUEST from it", send: raw(2, 1), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] PARAMS from it", send: raw(4, 1, "\x01\x01ab"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] STDIN from it", send: raw(5, 1, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] DATA from it", send: raw(8, 1, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] [TF05] type 12", send: raw(12, 1, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P56] [TF05] type 255", send: raw(255, 1, "x"), code: "FCGI_ERR_UNEXPECTED_RECORD" },
  { what: "[P27] [TF06] END_REQUEST with 0 bytes", send: raw(EndRequest, 1), code: "FCGI_ERR_BAD_RECORD" },
  { what: "[P27] [TF06] END_REQUEST with 7 bytes", send: raw(EndRequest, 1, "1234567"), code: "FCGI_ERR_BAD_RECORD" },
  {
    what: "[P52] [V7] [TF13] an incomplete pair in GET_VALUES_RESULT",
    send: raw(GetValuesResult, 0, "\x0e\x01FCGI_MPX"),
    code: "FCGI_ERR_BAD_NAME_VALUES",
  },
  {
    what: "[P33] [V1] [TF13] a pair of 4 GiB in GET_VALUES_RESULT",
    send: raw(GetValuesResult, 0, "\xff\xff\xff\xff\xff\xff\xff\xff"),
    code: "FCGI_ERR_BAD_NAME_VALUES",
  },
  { what: "[P18] [TF16] EOF inside a header", send: bytes("\x01\x06\0"), code: "FCGI_ERR_TRUNCATED", close: true },
  {
    what: "[P18] [TF16] EOF inside content",
    send: raw(Stdout, 1, "abc", { length: 10 }),
    code: "FCGI_ERR_TRUNCATED",
    close: true,
  },
  {
    what: "[P18] [TF16] EOF inside padding",
    send: raw(Stdout, 1, "abc", { padding: 5 }).subarray(0, -2),
    code: "FCGI_ERR_TRUNCATED",
    close: true,
  },
  {
    what: "[P18] [TF16] EOF inside END_REQUEST",
    send: raw(EndRequest, 1, END).subarray(0, -3),
    code: "FCGI_ERR_TRUNCATED",
    close: true,
  },
  { what: "[P18] [TF16] EOF before END_REQUEST", send: stdout(1, "part"), code: "FCGI_ERR_SOCKET", close: true },
  { what: "[f01] EOF before any byte", send: bytes(), code: "FCGI_ERR_SOCKET", close: true },
];

test.for(malformed)("$what: $code, connection destroyed, next request works", async ({ send, code, close }) => {
  await using peer = await Peer.start({
    onRequest: ({ id, params, connection }) => {
      if (params.get("GOOD")) return connection.reply(id);
      connection.send(send);
      if (close) connection.socket.end();
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const bad = await run(pool).settled;
  expect(bad.error).toMatchObject({ code, address: peer.address });
  expect(bad.calls.filter((call) => call === "error" || call === "end")).toEqual(["error"]);
  await peer.connections[0]!.ended;
  const good = await run(pool, { params: { GOOD: "1" } }).settled;
  expect(good.calls).toEqual(["start", "stdout", "end"]);
  expect(peer.requests[1]!.connection).not.toBe(peer.requests[0]!.connection);
  expect(pool.stats).toMatchObject({ active: 0, connections: 1, idle: 1 });
  await pool.close();
});

/** Unusual, and right. */
const wellFormed: { what: string; send: Uint8Array }[] = [
  { what: "[P12] [V11] padding of 255 on everything", send: bytes(pad(Stdout, "hello"), pad(Stderr, "e"), padEnd()) },
  { what: "[P12] [V11] padding on empty records", send: bytes(stdout(1, "hello"), pad(Stdout, ""), padEnd()) },
  { what: "[P14] padding that is not zero", send: bytes(raw(Stdout, 1, "hello", { padding: 9, fill: 0xaa }), end(1)) },
  { what: "[P15] [TF05] a reserved byte that is not zero", send: raw(Stdout, 1, "hello", { reserved: 255 }) },
  { what: "[P17] [P95] all records in one chunk", send: bytes(stdout(1, "hel"), stdout(1, "lo"), end(1)) },
  { what: "[P26] an empty STDOUT in the middle", send: bytes(stdout(1, "hel"), raw(Stdout, 1), stdout(1, "lo")) },
  {
    what: "[P27] [TF06] END_REQUEST with 9 bytes",
    send: bytes(stdout(1, "hello"), raw(EndRequest, 1, "\0\0\0\0\0\0\0\0\0")),
  },
  {
    what: "[P29] reserved bytes of END_REQUEST",
    send: bytes(stdout(1, "hello"), raw(EndRequest, 1, "\0\0\0\0\0\xff\xff\xff")),
  },
  { what: "[P68] [TF08] no empty STDOUT before END_REQUEST", send: bytes(stdout(1, "hello"), end(1)) },
  { what: "[P72] an empty STDERR alone", send: bytes(raw(Stderr, 1), stdout(1, "hello"), end(1)) },
  {
    what: "[P73] [P93] STDERR first, and between",
    send: bytes(stderr(1, "a"), stdout(1, "hel"), stderr(1, "b"), stdout(1, "lo")),
  },
  { what: "[P53] an unasked GET_VALUES_RESULT", send: bytes(raw(GetValuesResult, 0), stdout(1, "hello"), end(1)) },
  { what: "[P57] an unasked UNKNOWN_TYPE", send: bytes(raw(UnknownType, 0, END), stdout(1, "hello"), end(1)) },
  { what: "[P56] [TF05] an unknown management type", send: bytes(raw(99, 0, "whatever"), stdout(1, "hello"), end(1)) },
  {
    what: "[TF17] 1,000 empty STDERR records",
    send: bytes(...Array.from({ length: 1_000 }, () => raw(Stderr, 1)), stdout(1, "hello")),
  },
];

test.for(wellFormed)("$what: accepted", async ({ send }) => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(send);
      if (!Buffer.from(send).includes(END_HEADER)) connection.end(id);
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = await run(pool).settled;
  expect(recorder.stdout).toBe("hello");
  expect(recorder.ended).toEqual({ appStatus: 0, protocolStatus: 0 });
  await pool.close();
});

test("[P11] [P94] [V5] [TF02] 65,535 bytes and each padding", async () => {
  const content = Buffer.alloc(65_535, "c");
  await using peer = await Peer.start({
    onRequest: ({ id, params, connection }) => {
      connection.send(raw(Stdout, id, content, { padding: Number(params.get("PADDING")) }), end(id));
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const paddings = [0, 1, 7, 8, 128, 254, 255];
  const recorders = paddings.map((padding) => run(pool, { params: { PADDING: String(padding) } }));
  for (const { settled } of recorders) {
    // oxlint-disable-next-line no-await-in-loop
    const { chunks, ended } = await settled;
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    expect(ended?.appStatus).toBe(0);
  }
  await pool.close();
});

test("[P28] [P79] appStatus is an unsigned number of 32 bits, told and no error", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) =>
      connection.send(stdout(id, "x"), raw(EndRequest, id, "\xff\xff\xff\xff\0\0\0\0")),
  });
  const pool = new Pool(peer.address);
  const recorder = await run(pool).settled;
  expect(recorder.ended).toEqual({ appStatus: 0xffff_ffff, protocolStatus: 0 });
});

test("[P67] [TF08] END_REQUEST twice: the request is fine, the connection is not used again", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.send(end(id), end(id)) });
  const pool = new Pool(peer.address, { capacity: 1 });
  expect((await run(pool).settled).calls).toEqual(["start", "end"]);
  expect((await run(pool).settled).calls).toEqual(["start", "end"]);
  expect(peer.connections).toHaveLength(2);
  await pool.close();
});

test("[P64] [TF08] STDOUT after END_REQUEST in the same read: not of the next request", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.send(stdout(id, "mine"), end(id), stdout(id, "late"), end(id)),
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorders = Array.from({ length: 5 }, () => run(pool));
  for (const { settled } of recorders) {
    // oxlint-disable-next-line no-await-in-loop
    const recorder = await settled;
    expect(recorder.stdout).toBe("mine");
    expect(recorder.calls.at(-1)).toBe("end");
  }
  expect(peer.connections).toHaveLength(5);
  await pool.close();
});

const END_HEADER = Buffer.from([1, EndRequest, 0, 1]);

function pad(type: number, content: string): Buffer {
  return raw(type, 1, content, { padding: 255 });
}

function padEnd(): Buffer {
  return raw(EndRequest, 1, END, { padding: 255 });
}
