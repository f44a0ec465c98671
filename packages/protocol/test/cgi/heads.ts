import { ResponseHeadDecoder } from "../../src/cgi/response-head.ts";
import type { ResponseHeadDecoderOptions } from "../../src/cgi/response-head.ts";
import type { ResponseHead } from "../../src/cgi/response-kind.ts";
import { isFastCGIError } from "../../src/errors.ts";
import { latin1Bytes, readLatin1 } from "../../src/text.ts";

/** All that a decoder gives for some bytes, so that two ways of feeding it can be compared. */
export interface Outcome {
  head?: ResponseHead;
  body?: string;
  informational: string[][];
  error?: string;
  code?: string;
}

/**
 * Feeds a decoder with pieces cut at the given indices, then ends it. Each piece lies in a slab of its own
 * with other bytes around it, and the slab is overwritten after the call, as a recycled one is.
 */
export function decode(text: string, cuts: readonly number[] = [], limits: ResponseHeadDecoderOptions = {}): Outcome {
  const outcome: Outcome = { informational: [] };
  const decoder = new ResponseHeadDecoder({
    ...limits,
    onInformational: (_status, rawHeaders) => outcome.informational.push(rawHeaders),
  });
  let body: string | undefined;
  try {
    for (const piece of pieces(text, cuts)) {
      const slab = latin1Bytes(`X: y\n\n${piece}\n\nZ: \n`);
      const start = 6;
      const end = start + piece.length;
      const at = decoder.push(slab, start, end);
      if (at >= 0) body = (body ?? "") + readLatin1(slab, at, end);
      slab.fill(0xdd);
    }
    decoder.end();
    outcome.head = decoder.head;
    outcome.body = body ?? "";
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    outcome.error = error.message;
    outcome.code = error.code;
  }
  return outcome;
}

/** The head of a text that must be good. */
export function headOf(text: string, limits?: ResponseHeadDecoderOptions): ResponseHead {
  const { head, error } = decode(text, [], limits);
  if (head === undefined) throw new Error(`refused: ${error}`);
  return head;
}

/** Names and values in turn, out of lines such as `Accept: text/plain`. */
export function fields(...lines: string[]): string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function pieces(text: string, cuts: readonly number[]): string[] {
  const edges = [0, ...[...cuts].toSorted((one, other) => one - other), text.length];
  return edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
}
