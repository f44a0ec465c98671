/** A copy that stands for itself: a string that was cut out of a request's head keeps all of that, as long as somebody remembers it. */
export function ownText(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("latin1");
}
