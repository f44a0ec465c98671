/** Text of the configuration as its UTF-8 bytes, one character a byte: what params and paths on the wire are made of. */
export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
