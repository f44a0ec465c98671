import { randomBytes } from "node:crypto";

/** A `FormData` as the bytes of a form that a browser would send (RFC 7578, and the encoding of HTML). */
export interface MultipartBody {
  /** With the boundary. */
  contentType: string;
  /** Bytes of all of it. */
  length: number;
  /** Its files are read when their turn comes. */
  chunks: AsyncIterable<Uint8Array>;
}

/** Encodes a form; nothing of its files is read yet. */
export function encodeMultipart(form: FormData): MultipartBody {
  const boundary = `----x-client-${randomBytes(18).toString("base64url")}`;
  const parts: (Uint8Array | Blob)[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name.replace(LINE_BREAK, "\r\n"))}"`;
    if (typeof value === "string") {
      parts.push(Buffer.from(`${head}\r\n\r\n${value.replace(LINE_BREAK, "\r\n")}\r\n`));
    } else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(
        Buffer.from(`${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`),
        value,
        CRLF,
      );
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const length = parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : part.size), 0);
  return { contentType: `multipart/form-data; boundary=${boundary}`, length, chunks: chunksOf(parts) };
}

const LINE_BREAK = /\r\n|\r|\n/g;
const CRLF: Uint8Array = Buffer.from("\r\n");

function escaped(text: string): string {
  return text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

async function* chunksOf(parts: readonly (Uint8Array | Blob)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part;
    else yield* part.stream();
  }
}
