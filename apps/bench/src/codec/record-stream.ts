/** What a socket reads at once, at most. */
const CHUNK = 65_536;

/** Bytes of a stream under test: more than a first-level cache, less than a second-level one. */
const STREAM = 524_288;

/** FCGI_STDOUT records of one size, glued together as they arrive. */
export interface RecordStream {
  whole: Buffer;
  /** The same bytes as a socket gives them: cut every 64 KiB, wherever that falls. */
  chunks: Buffer[];
  records: number;
}

/** Built by hand, so that no codec under test has a say in it. */
export function recordStream(contentLength: number): RecordStream {
  const paddingLength = -contentLength & 7;
  const record = Buffer.alloc(8 + contentLength + paddingLength);
  record.set([1, 6, 0, 1, contentLength >> 8, contentLength & 0xff, paddingLength, 0]);
  for (let at = 0; at < contentLength; at++) record[8 + at] = 0x20 + (at % 90);
  const records = Math.ceil(STREAM / record.length);
  const whole = Buffer.concat(Array.from({ length: records }, () => record));
  const chunks: Buffer[] = [];
  for (let at = 0; at < whole.length; at += CHUNK) chunks.push(whole.subarray(at, at + CHUNK));
  return { whole, chunks, records };
}
