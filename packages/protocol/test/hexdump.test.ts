import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { describeRecord } from "../src/describe-record.ts";
import { FastCGIError } from "../src/errors.ts";
import { readHexdump } from "../src/hexdump.ts";
import { records } from "../src/records.ts";
import { failure } from "./failure.ts";
import { hexdumpC, ipv4Packet, ipv6Packet, od, tcpdump, wireshark, xxd, xxdPlain } from "./vectors/dumps.ts";
import { begin, concat, end, hex, latin1, pattern, record } from "./vectors/wire.ts";

const FORMS: readonly (readonly [string, (bytes: Uint8Array) => string])[] = [
  ["xxd", (bytes) => xxd(bytes)],
  ["xxd -g 1", (bytes) => xxd(bytes, 1)],
  ["xxd -g 4 -c 8", (bytes) => xxd(bytes, 4, 8)],
  ["xxd -p", xxdPlain],
  ["hexdump -C", hexdumpC],
  ["od -A x -t x1", od],
  ["Wireshark", wireshark],
  ["tcpdump -X", (bytes) => tcpdump(bytes)],
  ["tcpdump -x", (bytes) => tcpdump(bytes, false)],
];

describe("bytes", () => {
  test.for(FORMS)("%s of any length", ([, form]) => {
    for (let length = 1; length < 70; length++) {
      // Begins like a record, so not like a packet; the text column has digits, bars and runs of spaces.
      const bytes = concat(Uint8Array.of(1), latin1("ab 00  11   |22| 0x00:  ff".repeat(4))).subarray(0, length);
      expect(readHexdump(form(bytes))).toEqual([{ flow: undefined, bytes }]);
      expect(readHexdump(form(bytes).replaceAll("\n", "\r\n").toUpperCase().replaceAll("0X", "0x"))).toHaveLength(1);
    }
  });

  test("the lines that the programs truly print", () => {
    const dumps = [
      "00000000: 0101 0001 0008 0000 0001 0100 0000 0000  ................\n00000010: 0105 0001 0000 0000                      ........\n",
      "00000000  01 01 00 01 00 08 00 00  00 01 01 00 00 00 00 00  |................|\n00000010  01 05 00 01 00 00 00 00                           |........|\n00000018\n",
      "000000 01 01 00 01 00 08 00 00 00 01 01 00 00 00 00 00\n000010 01 05 00 01 00 00 00 00\n000018\n",
      "010100010008000000010100000000000105000100000000\n",
      "  01 01 00 01 00 08 00 00\n  00 01 01 00 00 00 00 00\n\t01050001 00000000",
    ];
    const bytes = hex("0101000100080000 0001010000000000 0105000100000000");
    for (const dump of dumps) expect(readHexdump(dump)).toEqual([{ flow: undefined, bytes }]);
  });

  test("to records, told in lines", async () => {
    const text = `Captured today:\n${xxd(concat(begin(1), record(5, 1, "hello"), record(5, 1)))}\nand back:\n${hexdumpC(end(1))}`;
    const told: string[] = [];
    for (const { bytes } of readHexdump(text)) {
      for await (const one of records([bytes])) told.push(describeRecord(one));
    }
    expect(told).toEqual([
      "BEGIN_REQUEST 1: responder, keep connection",
      'STDIN 1, 5 bytes: "hello"',
      "STDIN 1: end",
      "END_REQUEST 1: request complete, app status 0",
    ]);
  });

  test("repeated lines that were left out are filled in, at the end too", () => {
    const zeros = concat(pattern(16), new Uint8Array(100), pattern(5));
    const left = (form: (bytes: Uint8Array) => string): string => {
      const lines = form(zeros).split("\n");
      return [...lines.slice(0, 2), "*", ...lines.slice(7)].join("\n");
    };
    for (const form of [xxd, hexdumpC, od])
      expect(readHexdump(left(form))).toEqual([{ flow: undefined, bytes: zeros }]);
    const end = readHexdump(
      "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000100\n",
    );
    expect(end).toEqual([{ flow: undefined, bytes: new Uint8Array(256) }]);
  });

  test("a dump may begin anywhere in its file, and the next one begins at 0", () => {
    const [first, second] = readHexdump(`00000100: 0102\n00000102: 03\n00000000: 04\n`);
    expect([first!.bytes, second!.bytes]).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  });

  test("text without a dump has no bytes", () => {
    for (const text of ["", "\n\n", "hello\n12:30 noon\n*\n", "0x: 12", "abc"]) expect(readHexdump(text)).toEqual([]);
  });
});

describe("packets of tcpdump", () => {
  const REQUEST = concat(begin(1), record(4, 1), record(5, 1));
  const ANSWER = concat(record(6, 1, "x"), end(1));
  const back = { from: 9_000, to: 40_312 };
  const THERE = "127.0.0.1:40312 > 127.0.0.2:9000";
  const BACK = "127.0.0.1:9000 > 127.0.0.2:40312";

  test("become one stream each way: without headers, with what was sent twice only once", () => {
    const text = [
      ipv4Packet(new Uint8Array(0), 999, { flags: 2 }),
      ipv4Packet(new Uint8Array(0), 4_999, { ...back, flags: 0x12 }),
      ipv4Packet(REQUEST.subarray(0, 20), 1_000, { ipOptions: 8 }),
      ipv4Packet(new Uint8Array(0), 5_000, back),
      ipv4Packet(REQUEST.subarray(10, 30), 1_010),
      ipv4Packet(ANSWER, 5_000, back),
      ipv4Packet(REQUEST.subarray(0, 20), 1_000),
      ipv4Packet(REQUEST.subarray(30), 1_030),
      ipv4Packet(Uint8Array.of(0), 999),
      ipv4Packet(new Uint8Array(0), 1_000 + REQUEST.length, { flags: 0x11 }),
    ]
      .map((packet) => tcpdump(packet))
      .join("");
    expect(readHexdump(text)).toEqual([
      { flow: THERE, bytes: REQUEST },
      { flow: BACK, bytes: ANSWER },
    ]);
  });

  test("sequence numbers wrap, and begin anew with a connection from the same port", () => {
    const packets = [
      ipv4Packet(REQUEST.subarray(0, 10), 2 ** 32 - 4),
      ipv4Packet(REQUEST.subarray(10), 6),
      ipv4Packet(new Uint8Array(0), 70_000, { flags: 2 }),
      ipv4Packet(REQUEST, 70_001),
    ];
    expect(readHexdump(packets.map((packet) => tcpdump(packet)).join(""))).toEqual([
      { flow: THERE, bytes: concat(REQUEST, REQUEST) },
    ]);
  });

  test("IPv6, and packets with an Ethernet header", () => {
    const ethernet = concat(hex("000000000000 000000000000 0800"), ipv4Packet(REQUEST, 1));
    expect(readHexdump(tcpdump(ipv6Packet(REQUEST, 7)) + tcpdump(ethernet))).toEqual([
      { flow: "[0:0:0:0:0:0:0:1]:1 > [2001:db8:0:0:0:0:0:2]:2", bytes: REQUEST },
      { flow: THERE, bytes: REQUEST },
    ]);
  });

  test("what Ethernet adds to make a packet long enough is not taken for content", () => {
    const text =
      tcpdump(concat(ipv4Packet(REQUEST, 1), new Uint8Array(6))) + tcpdump(ipv4Packet(ANSWER, 1 + REQUEST.length));
    expect(readHexdump(text)).toEqual([{ flow: THERE, bytes: concat(REQUEST, ANSWER) }]);
    const six = concat(ipv6Packet(REQUEST, 1), new Uint8Array(6));
    expect(readHexdump(tcpdump(six)).map(({ bytes }) => bytes)).toEqual([REQUEST]);
  });

  test("a lost packet is told, since no record behind it can be found", () => {
    const text = tcpdump(ipv4Packet(REQUEST.subarray(0, 8), 1)) + tcpdump(ipv4Packet(REQUEST.subarray(16), 17));
    expect(failure(() => readHexdump(text)).message).toContain(`lacks 8 bytes of ${THERE}`);
  });

  test("what is no TCP segment, or is cut inside its headers, stays as it is", () => {
    const packet = ipv4Packet(REQUEST, 1);
    for (const bytes of [
      ipv4Packet(REQUEST, 1, { protocol: 17 }),
      packet.subarray(0, 30),
      Uint8Array.of(0x45),
      hex("41"),
    ]) {
      expect(readHexdump(tcpdump(bytes))).toEqual([{ flow: undefined, bytes }]);
    }
  });
});

describe("what cannot be read", () => {
  test.for([
    [
      "a line is missing",
      "00000000: 0101\n00000010: 01\n",
      /^Line 2 .* at offset 16, and the lines before it end at 2/,
    ],
    ["a line comes twice", "00000000: 0101\n00000002: 01\n00000002: 01\n", /^Line 3 /],
    ["the final offset is another one", "00000000  01 01\n00000003\n", /^Line 2 /],
    ["repetitions that no line reaches", "00000000: 0101\n*\n00000005: 01\n", /^Line 3 .*no number of repeated lines/],
    [
      "a line is missing behind repetitions",
      "00000000: 01\n*\n00000004: 02\n00000008: 03\n",
      /^Line 4 .* at offset 8, and the lines before it end at 5/,
    ],
    ["plain hexdump", "0000000 0101 0100 0800\n", /^Line 1 .*hexdump -C/],
  ] as const)("%s", ([, text, message]) => {
    const error = failure(() => readHexdump(text));
    expect(error.code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect(error.message).toMatch(message);
  });

  test("[V13] three lines that claim 4 GiB cost nothing: 16 MiB are the limit, or what is asked for", () => {
    const claim = "00000000: 00\n*\nffffffff: 00\n";
    expect(failure(() => readHexdump(claim)).message).toContain("16777216");
    expect(failure(() => readHexdump("00000000: 010203\n", { maxBytes: 2 })).message).toMatch(/Line 1 .* 2 bytes/);
    expect(readHexdump("00000000: 010203\n", { maxBytes: 3 })).toHaveLength(1);
    expect(failure(() => readHexdump("", { maxBytes: Number.NaN })).message).toContain("maxBytes");
  });

  test("[V14] any text gives bytes or an error of ours, in linear time", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "*",
        "00000010",
        "00000000: 0101",
        "0000  01 02",
        "\t0x0000:  4500 0014",
        "0101",
        "",
        "0 0 0",
        "00 ",
      ),
      fc.string({ unit: fc.constantFrom("0", "1", "f", " ", ":", "x", "\t", "|", "*"), maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        try {
          for (const { bytes } of readHexdump(lines.join("\n"))) expect(bytes.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof FastCGIError)) throw error;
          expect(error.code).toBe("FCGI_ERR_INVALID_ARGUMENT");
        }
      }),
      { numRuns: 2_000 },
    );
    for (const text of [
      " ".repeat(1e6),
      "00 ".repeat(5e5),
      `${"00 ".repeat(5e5)}x`,
      "0".repeat(1e6),
      `0000: ${" ".repeat(1e6)}`,
    ]) {
      try {
        readHexdump(text);
      } catch (error) {
        expect(error).toBeInstanceOf(FastCGIError);
      }
    }
  });
});
