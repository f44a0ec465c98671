import { connect } from "node:net";

import { RecordType, Role, encodeNameValues, encodeRecord, records } from "@x/protocol";
import { parseAddress } from "@x/protocol/address";

/** Asks a FastCGI application once, as plainly as can be. @returns what it wrote to stdout, head and all */
export async function fastcgiRequest(address: string, params: Record<string, string>, stdin = ""): Promise<string> {
  const target = parseAddress(address);
  if (target.kind !== "unix" && target.kind !== "tcp") throw new Error(`cannot connect to ${address}`);
  const socket = connect(target.kind === "unix" ? { path: target.path } : { host: target.host, port: target.port });
  const head = { REQUEST_METHOD: stdin === "" ? "GET" : "POST", CONTENT_LENGTH: String(stdin.length), ...params };
  socket.write(encodeRecord({ type: RecordType.BeginRequest, requestId: 1, role: Role.Responder, keepConn: false }));
  socket.write(encodeRecord({ type: RecordType.Params, requestId: 1, content: encodeNameValues(head) }));
  socket.write(encodeRecord({ type: RecordType.Params, requestId: 1 }));
  if (stdin !== "") socket.write(encodeRecord({ type: RecordType.Stdin, requestId: 1, content: Buffer.from(stdin) }));
  socket.write(encodeRecord({ type: RecordType.Stdin, requestId: 1 }));
  let stdout = "";
  for await (const record of records(socket)) {
    if (record.type === RecordType.Stdout && "content" in record)
      stdout += Buffer.from(record.content).toString("latin1");
    if (record.type === RecordType.EndRequest) break;
  }
  socket.destroy();
  return stdout;
}
