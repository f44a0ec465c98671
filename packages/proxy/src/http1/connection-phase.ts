/** Until the first byte of the connection. */
export const FIRST_BYTE = 0;
/** A head has begun. */
export const HEAD_COMES = 1;
/** A body comes, which has a deadline. */
export const BODY_COMES = 2;
/** The request is answered: no deadline but that of the response. */
export const ANSWERING = 3;
/** Between two requests. */
export const IDLE = 4;
/** The answer is out, and the client still sends. */
export const LINGERING = 5;

/** What the deadline of a connection is about. */
export type ConnectionPhase =
  | typeof FIRST_BYTE
  | typeof HEAD_COMES
  | typeof BODY_COMES
  | typeof ANSWERING
  | typeof IDLE
  | typeof LINGERING;
