import { strictPairs, textOf } from "./wire.ts";

/** One request as PHP would run it. */
export interface PhpRequest {
  readonly role: number;
  readonly keepConn: boolean;
  /** The last of equal names. */
  readonly params: Map<string, string>;
  /** What `php://input` gives: as much as CONTENT_LENGTH says. */
  readonly stdin: string;
}

interface Header {
  readonly type: number;
  readonly id: number;
  readonly length: number;
  readonly padding: number;
}

const [BEGIN, PARAMS, STDIN] = [1, 4, 5];

/**
 * Reads the requests of one connection by the rules of PHP's `main/fastcgi.c`, the least tolerant of the applications in use: one
 * request after the other; content and padding of at most 65,535 bytes together; each PARAMS record is whole pairs; nothing but
 * PARAMS until their end, and nothing but STDIN after it; at most CONTENT_LENGTH bytes of it are taken, and only an
 * empty STDIN record may be left when the next BEGIN_REQUEST is read. Where PHP would close the connection, it throws.
 */
export class PhpReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next request, or undefined when all bytes are read. */
  next(): PhpRequest | undefined {
    if (this.#at === this.#bytes.length) return undefined;
    let header = this.#header();
    while (header.type === STDIN && header.length === 0) {
      this.#content(header);
      if (this.#at === this.#bytes.length) return undefined;
      header = this.#header();
    }
    if (header.type !== BEGIN || header.length !== 8) throw new Error(`no BEGIN_REQUEST but type ${header.type}`);
    const { id } = header;
    const [roleHigh = 0, role = 0, flags = 0] = this.#content(header);
    if (roleHigh !== 0 || role < 1 || role > 3) throw new Error(`role ${roleHigh * 256 + role}`);

    const params = new Map<string, string>();
    for (header = this.#header(id); header.type === PARAMS && header.length > 0; header = this.#header(id)) {
      for (const [name, value] of strictPairs(this.#content(header))) params.set(name, value);
    }
    if (header.type !== PARAMS) throw new Error(`type ${header.type} among the PARAMS`);
    this.#content(header);

    let stdin = "";
    const wanted = Number(params.get("CONTENT_LENGTH") ?? 0);
    while (stdin.length < wanted) {
      header = this.#header(id);
      if (header.type !== STDIN) throw new Error(`type ${header.type} in STDIN`);
      if (header.length === 0) break;
      stdin += textOf(this.#content(header));
    }
    return { role, keepConn: (flags & 1) === 1, params, stdin: stdin.slice(0, wanted) };
  }

  #header(wantedId?: number): Header {
    const [version, type, idHigh, idLow, lengthHigh, lengthLow, padding] = this.#take(8);
    if (version !== 1) throw new Error(`version ${version}`);
    const id = idHigh! * 256 + idLow!;
    if (id !== (wantedId ?? id)) throw new Error(`request ${id} inside of ${wantedId}`);
    const length = lengthHigh! * 256 + lengthLow!;
    if (length + padding! > 65_535) throw new Error(`content of ${length} bytes with ${padding} of padding`);
    return { type: type!, id, length, padding: padding! };
  }

  #content({ length, padding }: Header): Uint8Array {
    const content = this.#take(length);
    this.#take(padding);
    return content;
  }

  #take(length: number): Uint8Array {
    const until = this.#at + length;
    if (until > this.#bytes.length) throw new Error(`the connection ends at ${this.#bytes.length}, not at ${until}`);
    return this.#bytes.subarray(this.#at, (this.#at = until));
  }
}
