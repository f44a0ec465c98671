/** What one TCP segment carries. */
export interface TcpSegment {
  /** Who sends to whom, `127.0.0.1:40312 > 127.0.0.1:9000`. */
  readonly flow: string;
  /** Number of the first payload byte, modulo 2^32 (RFC 9293 §3.1). */
  readonly sequence: number;
  /** Is it the first one of a connection? */
  readonly begins: boolean;
  readonly payload: Uint8Array;
}

const TCP = 6;
const SYN = 2;
const ETHERNET_LEN = 14;

/**
 * Reads an IPv4 or IPv6 packet with or without an Ethernet header, as `tcpdump -xx` or `-x` shows it. IPv6 extension headers
 * and fragments are not understood.
 *
 * @returns undefined for what is no TCP segment, or is cut inside its headers
 */
export function readTcpSegment(bytes: Uint8Array): TcpSegment | undefined {
  return readIp(bytes) ?? (isEthernet(bytes) ? readIp(bytes.subarray(ETHERNET_LEN)) : undefined);
}

function isEthernet(bytes: Uint8Array): boolean {
  const etherType = (bytes[12]! << 8) | bytes[13]!;
  return etherType === 0x0800 || etherType === 0x86dd;
}

function readIp(bytes: Uint8Array): TcpSegment | undefined {
  const version = bytes[0]! >> 4;
  if (version === 4) {
    const start = (bytes[0]! & 15) * 4;
    const end = (bytes[2]! << 8) | bytes[3]!;
    if (start < 20 || bytes[9] !== TCP) return undefined;
    return readTcp(bytes.subarray(start, end), ipv4(bytes, 12), ipv4(bytes, 16));
  }
  if (version === 6) {
    const end = 40 + ((bytes[4]! << 8) | bytes[5]!);
    if (bytes[6] !== TCP) return undefined;
    return readTcp(bytes.subarray(40, end), ipv6(bytes, 8), ipv6(bytes, 24));
  }
  return undefined;
}

function readTcp(bytes: Uint8Array, from: string, to: string): TcpSegment | undefined {
  if (bytes.length < 20) return undefined;
  const start = (bytes[12]! >> 4) * 4;
  if (start < 20 || start > bytes.length) return undefined;
  const number = ((bytes[4]! << 24) | (bytes[5]! << 16) | (bytes[6]! << 8) | bytes[7]!) >>> 0;
  const flow = `${from}:${(bytes[0]! << 8) | bytes[1]!} > ${to}:${(bytes[2]! << 8) | bytes[3]!}`;
  const begins = (bytes[13]! & SYN) !== 0;
  // SYN takes a number of its own.
  return { flow, sequence: begins ? (number + 1) >>> 0 : number, begins, payload: bytes.subarray(start) };
}

function ipv4(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

/** In full, without the shortening of zeros. */
function ipv6(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, group) =>
    ((bytes[at + 2 * group]! << 8) | bytes[at + 2 * group + 1]!).toString(16),
  );
  return `[${groups.join(":")}]`;
}
