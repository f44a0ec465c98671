// Bytes as the usual programs print them, written anew from what they print, and packets for tcpdump.
import { concat, textOf } from "./wire.ts";

const digits = (byte: number): string => byte.toString(16).padStart(2, "0");
const visible = (bytes: Uint8Array): string => textOf(bytes).replace(/[^\x20-\x7e]/g, ".");

function rows(bytes: Uint8Array, row: (line: Uint8Array, at: number) => string, width = 16): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += width) lines.push(row(bytes.subarray(at, at + width), at));
  return `${lines.join("\n")}\n`;
}

function grouped(line: Uint8Array, group: number): string {
  return [...line]
    .map((byte, index) => digits(byte) + (index % group === group - 1 ? " " : ""))
    .join("")
    .trim();
}

const offset = (at: number, length: number): string => at.toString(16).padStart(length, "0");

/** `xxd -g GROUP -c WIDTH`. */
export function xxd(bytes: Uint8Array, group = 2, width = 16): string {
  const room = width * 2 + Math.ceil(width / group);
  return rows(bytes, (line, at) => `${offset(at, 8)}: ${grouped(line, group).padEnd(room)} ${visible(line)}`, width);
}

/** `xxd -p`. */
export function xxdPlain(bytes: Uint8Array): string {
  return rows(bytes, (line) => [...line].map(digits).join(""), 30);
}

/** `hexdump -C`. */
export function hexdumpC(bytes: Uint8Array): string {
  const row = (line: Uint8Array, at: number): string => {
    const halves = `${grouped(line.subarray(0, 8), 1)}  ${grouped(line.subarray(8), 1)}`;
    return `${offset(at, 8)}  ${halves.padEnd(49)} |${visible(line)}|`;
  };
  return `${rows(bytes, row)}${offset(bytes.length, 8)}\n`;
}

/** `od -A x -t x1`. */
export function od(bytes: Uint8Array): string {
  return `${rows(bytes, (line, at) => `${offset(at, 6)} ${grouped(line, 1)}`)}${offset(bytes.length, 6)}\n`;
}

/** What Wireshark copies. */
export function wireshark(bytes: Uint8Array): string {
  return rows(bytes, (line, at) => `${offset(at, 4)}   ${grouped(line, 1).padEnd(47)}   ${visible(line)}`);
}

/** One packet of `tcpdump -X`, or of `-x` without text. */
export function tcpdump(packet: Uint8Array, text = true): string {
  const head = "08:25:11.123456 IP 127.0.0.1.40312 > 127.0.0.1.9000: Flags [P.], seq 1:9, ack 1, win 512, length 8\n";
  return (
    head +
    rows(
      packet,
      (line, at) => `\t0x${offset(at, 4)}:  ${grouped(line, 2)}`.padEnd(51) + (text ? `  ${visible(line)}` : ""),
    )
  );
}

/** What a packet may say otherwise. */
export interface PacketFields {
  from?: number;
  to?: number;
  /** Of TCP: 2 is SYN. */
  flags?: number;
  protocol?: number;
  /** Bytes of them. */
  ipOptions?: number;
}

/** A TCP segment in an IPv4 packet from 127.0.0.1 to 127.0.0.2. */
export function ipv4Packet(
  payload: Uint8Array,
  sequence: number,
  { from = 40_312, to = 9_000, flags = 0x18, protocol = 6, ipOptions = 0 }: PacketFields = {},
): Uint8Array {
  const ip = new Uint8Array(20 + ipOptions);
  const view = new DataView(ip.buffer);
  ip[0] = 0x40 | (ip.length / 4);
  view.setUint16(2, ip.length + 32 + payload.length);
  ip[9] = protocol;
  ip.set([127, 0, 0, 1, 127, 0, 0, 2], 12);
  return concat(ip, tcp(sequence, from, to, flags), payload);
}

/** The same in IPv6, from ::1 to 2001:db8::2. */
export function ipv6Packet(payload: Uint8Array, sequence: number): Uint8Array {
  const ip = new Uint8Array(40);
  ip[0] = 0x60;
  new DataView(ip.buffer).setUint16(4, 32 + payload.length);
  ip[6] = 6;
  ip[23] = 1;
  ip.set([0x20, 0x01, 0x0d, 0xb8], 24);
  ip[39] = 2;
  return concat(ip, tcp(sequence, 1, 2, 0x18), payload);
}

/** A TCP header with 12 bytes of options. */
function tcp(sequence: number, from: number, to: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint32(4, sequence);
  bytes[12] = 0x80;
  bytes[13] = flags;
  return bytes;
}
