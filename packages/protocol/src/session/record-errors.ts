import { FIXED_BODY_LEN } from "../bodies.ts";
import { FastCGIError } from "../errors.ts";

/** A record that its sender may not send at that moment: no later byte can be trusted to belong to whom it says. */
export function unexpectedRecord(sender: "application" | "web server", type: number, requestId: number): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_UNEXPECTED_RECORD",
    `The ${sender} may not send a record of type ${type} for request ${requestId} now.`,
    { phase: "protocol", requestId },
  );
}

/** A record whose body has a fixed form, and less than that (FastCGI 1.0 §8). */
export function shortRecord(name: string, requestId: number, length: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_BAD_RECORD", `${name} with ${length} bytes instead of ${FIXED_BODY_LEN}.`, {
    phase: "protocol",
    requestId,
  });
}

/** The transport ended between the first and the last byte of a record. */
export function cutRecord(sender: "application" | "web server"): FastCGIError {
  return new FastCGIError("FCGI_ERR_TRUNCATED", `The ${sender} closed the connection inside a record.`, {
    phase: "protocol",
  });
}
