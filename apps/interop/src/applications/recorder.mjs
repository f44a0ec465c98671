// node recorder.mjs FILE [SOCKET]: answers what the query of a request says, and writes down what it was asked, a line of
// JSON in FILE for each request that came to its end. Without SOCKET it listens on descriptor 0.
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";

import { ProtocolStatus, RecordType, encodeNameValues, encodeRecord, records } from "@x/protocol";

const [file, socketPath] = process.argv.slice(2);
const HEAD = "Content-Type: text/plain\r\n\r\n";

// The web server is another user.
process.umask(0);
createServer((socket) => void serve(socket)).listen(socketPath === undefined ? { fd: 0 } : { path: socketPath });

async function serve(socket) {
  socket.on("error", () => {});
  const requests = new Map();
  try {
    for await (const record of records(socket)) take(socket, requests, record);
  } catch {
    // A web server that breaks off in a record gives this request up.
  }
  socket.destroy();
}

function take(socket, requests, record) {
  const { type, requestId } = record;
  if (type === RecordType.GetValues) {
    const content = encodeNameValues({ FCGI_MAX_CONNS: "64", FCGI_MAX_REQS: "64", FCGI_MPXS_CONNS: "1" });
    socket.write(encodeRecord({ type: RecordType.GetValuesResult, content }));
  } else if (type === RecordType.BeginRequest) {
    requests.set(requestId, { role: record.role, keepConn: record.keepConn, params: [], stdin: [] });
  } else if (type === RecordType.AbortRequest) {
    requests.delete(requestId);
  } else {
    const request = requests.get(requestId);
    const stream =
      type === RecordType.Params ? request?.params : type === RecordType.Stdin ? request?.stdin : undefined;
    if (stream === undefined) return;
    if (record.content.length > 0) stream.push(record.content);
    else if (type === RecordType.Stdin) {
      requests.delete(requestId);
      answer(socket, requestId, request);
    }
  }
}

function answer(socket, requestId, { role, keepConn, params, stdin }) {
  const pairs = [...pairsIn(Buffer.concat(params))];
  const body = Buffer.concat(stdin);
  const text = body.length > 64 ? createHash("sha256").update(body).digest("hex") : body.toString("latin1");
  // Written before the answer goes out: whoever has the answer finds the line.
  appendFileSync(file, `${JSON.stringify({ role, params: pairs, stdin: `${body.length} bytes: ${text}` })}\n`);
  const variables = new Map(pairs);
  const query = variables.get("QUERY_STRING") ?? "";
  const usual = variables.get("REQUEST_METHOD") === "HEAD" ? HEAD : `${HEAD}recorded\n`;
  const told = (name) => {
    const hex = new RegExp(`(?:^|&)${name}=([0-9a-f]*)(?:&|$)`).exec(query)?.[1];
    return hex === undefined ? undefined : Buffer.from(hex, "hex").toString("latin1");
  };
  // {1000} stands for as many letters.
  const stdout = (told("answer") ?? usual).replace(/\{(\d+)\}/g, (_, count) => "a".repeat(Number(count)));
  const stderr = told("stderr") ?? "";
  const part = (type, content) => (content === "" ? [] : [encodeRecord({ type, requestId, content: latin1(content) })]);
  socket.write(
    Buffer.concat([
      ...part(RecordType.Stderr, stderr),
      ...part(RecordType.Stdout, stdout),
      encodeRecord({ type: RecordType.Stdout, requestId }),
      encodeRecord({ type: RecordType.EndRequest, requestId, protocolStatus: ProtocolStatus.RequestComplete }),
    ]),
  );
  if (!keepConn) socket.end();
}

/** Name and value of each pair, also of names that come twice. */
function* pairsIn(bytes) {
  let at = 0;
  const length = () => {
    if (bytes[at] < 0x80) return bytes[at++];
    at += 4;
    return bytes.readUInt32BE(at - 4) - 0x80_00_00_00;
  };
  while (at < bytes.length) {
    const [name, value] = [length(), length()];
    const text = bytes.toString("latin1", at, (at += name + value));
    yield [text.slice(0, name), text.slice(name)];
  }
}

function latin1(text) {
  return Buffer.from(text, "latin1");
}
