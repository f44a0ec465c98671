// Bytes written and read without any code of the package: the second opinion in every test.

/** One record as found on the wire. */
export interface WireRecord {
  readonly type: number;
  readonly id: number;
  readonly content: Uint8Array;
}

/** Bytes of a hex text; white space and what follows `//` on a line is skipped. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\/\/.*$/gm, "").replaceAll(/\s/g, "");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** One byte a character. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** One character a byte. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Large arrays are compared by this, since a printed difference of them helps nobody. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** `length` bytes that tell where they come from. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13 + seed * 101) & 0xff);
}

/** One record, with any padding, whatever it says. */
export function record(
  type: number,
  id: number,
  content: string | Uint8Array = "",
  padding = 0,
  filler = 0,
): Uint8Array {
  const body = typeof content === "string" ? latin1(content) : content;
  const bytes = new Uint8Array(8 + body.length + padding).fill(filler);
  bytes.set([1, type, id >> 8, id & 0xff, body.length >> 8, body.length & 0xff, padding, 0]);
  bytes.set(body, 8);
  return bytes;
}

/** BEGIN_REQUEST. */
export function begin(id: number, role = 1, flags = 1): Uint8Array {
  return record(1, id, Uint8Array.of(role >> 8, role & 0xff, flags, 0, 0, 0, 0, 0));
}

/** END_REQUEST. */
export function end(id: number, appStatus = 0, protocolStatus = 0): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint32(0, appStatus);
  body[4] = protocolStatus;
  return record(3, id, body);
}

/** One name-value pair; `long` takes four bytes for a length that would fit into one. */
export function pair(name: string, value: string, long = false): Uint8Array {
  return concat(pairLength(name.length, long), pairLength(value.length, long), latin1(name), latin1(value));
}

function pairLength(length: number, long: boolean): Uint8Array {
  if (length < 128 && !long) return Uint8Array.of(length);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length + 2 ** 31);
  return bytes;
}

/** BEGIN_REQUEST and PARAMS with their end. */
export function head(id: number, params: Readonly<Record<string, string>> = {}, role = 1, flags = 1): Uint8Array {
  const pairs = concat(...Object.entries(params).map(([name, value]) => pair(name, value)));
  const middle = pairs.length > 0 ? record(4, id, pairs) : new Uint8Array(0);
  return concat(begin(id, role, flags), middle, record(4, id));
}

/**
 * Reads records as the strictest of the peers would: version 1, reserved byte 0, no content with
 * padding over 65,535 (PHP), padding zeroed and just what alignment to 8 needs, nothing cut off.
 */
export function strictRecords(bytes: Uint8Array): WireRecord[] {
  const found: WireRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8) throw new Error(`header cut at ${at}`);
    const [version, type, id, length, padding, reserved] = [
      view.getUint8(at),
      view.getUint8(at + 1),
      view.getUint16(at + 2),
      view.getUint16(at + 4),
      view.getUint8(at + 6),
      view.getUint8(at + 7),
    ];
    if (version !== 1) throw new Error(`version ${version} at ${at}`);
    if (reserved !== 0) throw new Error(`reserved byte ${reserved} at ${at}`);
    if (length + padding > 65_535 || (length + padding) % 8 !== 0 || padding > 7) {
      throw new Error(`length ${length} with padding ${padding} at ${at}`);
    }
    if (id === 0 ? type < 9 : type > 8) throw new Error(`type ${type} with id ${id} at ${at}`);
    const until = at + 8 + length;
    if (until + padding > bytes.length) throw new Error(`record cut at ${at}`);
    if (bytes.subarray(until, until + padding).some((byte) => byte !== 0)) throw new Error(`dirty padding at ${until}`);
    found.push({ type, id, content: bytes.slice(at + 8, until) });
    at = until + padding;
  }
  return found;
}

/** Reads complete pairs; an incomplete one throws. */
export function strictPairs(bytes: Uint8Array): [name: string, value: string][] {
  const found: [string, string][] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const readLength = (): number => {
    const long = view.getUint8(at) >= 128;
    const length = long ? view.getUint32(at) - 2 ** 31 : view.getUint8(at);
    at += long ? 4 : 1;
    return length;
  };
  const readText = (length: number): string => {
    if (at + length > bytes.length) throw new Error(`pair cut at ${at}`);
    return textOf(bytes.subarray(at, (at += length)));
  };
  while (at < bytes.length) {
    const [name, value] = [readLength(), readLength()];
    found.push([readText(name), readText(value)]);
  }
  return found;
}

/** Cuts bytes into chunks of the given sizes, taken in turn; 0 gives an empty chunk. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const usable = sizes.some((size) => size > 0) ? sizes : [bytes.length];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = usable[turn % usable.length] ?? 0;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
