/** Bytes in which a status line must end. */
const LONGEST = 8_192;

/**
 * What a program prints that speaks to the client directly (`nph-`, RFC 3875 §5): its status line becomes a Status field, and the rest
 * is a response like any other. Anything else is passed on as it is.
 */
export class StatusLineRewriter {
  #held: Buffer | undefined = Buffer.alloc(0);

  /** @returns what to go on with, which may be nothing yet */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#held === undefined) return chunk;
    const held = Buffer.concat([this.#held, chunk]);
    const lineEnd = held.indexOf(0x0a);
    this.#held = lineEnd < 0 && held.length < LONGEST ? held : undefined;
    if (this.#held !== undefined) return held.subarray(0, 0);
    const line = /^HTTP\/\d\.\d (\d{3}(?: [^\r\n]*)?)\r?$/.exec(held.toString("latin1", 0, Math.max(lineEnd, 0)));
    if (line === null) return held;
    return Buffer.concat([Buffer.from(`Status: ${line[1]}\r\n`, "latin1"), held.subarray(lineEnd + 1)]);
  }

  /** The output has ended. @returns what was held back */
  end(): Uint8Array {
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    return held;
  }
}
