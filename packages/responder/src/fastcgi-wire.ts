import { RecordOutput, RecordType } from "@x/protocol";
import { ResponderSession } from "@x/protocol/session";

import type { OpenWire } from "./wire.ts";

/** FastCGI: many requests on a connection. */
export const openFastCGI: OpenWire = (events, limits, peer) => {
  const output = new RecordOutput(() => events.onPending());
  const { maxConnections, maxRequests, multiplex, maxRequestsPerConnection } = limits;
  const { roles, maxParamsBytes, maxParams, maxParamBytes, maxBufferedBytes } = limits;
  const session = new ResponderSession(output, {
    roles,
    maxConnections,
    maxRequests,
    multiplex,
    maxRequestsPerConnection,
    maxParamsBytes,
    maxParams,
    maxParamBytes,
    maxBufferedBytes,
    address: peer,
    admit: () => events.admit(),
    onRequest: (exchange) => events.onRequest(exchange),
    onFatal: (error) => events.onFatal(error),
    onClose: () => events.onClose(),
  });
  return {
    output,
    session,
    endIsAbort: true,
    // An empty STDERR means nothing to a web server that still waits, and the system refuses it for one that does not.
    probe: (id) => output.endStream(RecordType.Stderr, id),
    // A missing END_REQUEST alone nginx takes for the end; at a record of a type that it does not expect it gives up the response.
    cut(id) {
      output.abortRequest(id);
      return true;
    },
  };
};
