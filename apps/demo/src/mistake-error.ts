/** The user's mistake, or something that the machine lacks: the message says what to do. */
export class MistakeError extends Error {
  override readonly name = "MistakeError";
}
