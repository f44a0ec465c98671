/** What a body tells of itself before it is sent. */
export interface BodyDescription {
  present: boolean;
  /** Bytes, where they are known. */
  length: number | undefined;
  /** A media type, where the body has one. */
  type: string | undefined;
}

/** Length and type of a body in any form that `stdin` takes. */
export function contentOf(body: unknown): BodyDescription {
  if (body === undefined || body === null) return { present: false, length: undefined, type: undefined };
  if (typeof body === "string") return { present: true, length: Buffer.byteLength(body), type: undefined };
  if (body instanceof Uint8Array) return { present: true, length: body.length, type: undefined };
  if (body instanceof URLSearchParams) {
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    return { present: true, length: Buffer.byteLength(body.toString()), type };
  }
  if (body instanceof Blob) return { present: true, length: body.size, type: body.type === "" ? undefined : body.type };
  return { present: true, length: undefined, type: undefined };
}
