// What each door of @x/protocol does, as plain data: run by Node and by a page, the two must agree. Nothing of Node in here.
import {
  decodeNameValues,
  describeRecord,
  encodeNameValues,
  encodeRecord,
  ParamList,
  readCapabilities,
  readHexdump,
  RecordDecoder,
  RecordOutput,
  records,
  RecordType,
  Role,
} from "@x/protocol";
import { formatAddress, parseAddress } from "@x/protocol/address";
import {
  addMetaVariables,
  encodeResponseHead,
  ResponseHeadDecoder,
  splitScriptPath,
  staticMetaVariables,
  toRequestHead,
} from "@x/protocol/cgi";
import { FastCGIError, isFastCGIError } from "@x/protocol/errors";
import { ScgiRequestDecoder, ScgiRequestEncoder } from "@x/protocol/scgi";
import { ClientSession, ResponderSession } from "@x/protocol/session";
import { TimerWheel } from "@x/protocol/timers";

/** Every byte but NUL, and long enough that all ways of reading text are taken. */
const ALL_BYTES = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join("");
const LONG = ALL_BYTES.repeat(200);

/** Names of what was done, with what came of it. */
export async function roundTrips(): Promise<Record<string, unknown>> {
  return {
    records: await recordLines(),
    decoder: decoderCalls(),
    nameValues: nameValues(),
    hexdump: readHexdump("00000000: 0102 03  ...\n").map(({ bytes }) => [...bytes]),
    sessions: sessions(),
    responseHead: responseHead(),
    metaVariables: metaVariables(),
    scriptPath: splitScriptPath("/a.PHP/b.php", [".php"]),
    scgi: scgi(),
    addresses: ["unix:/run/a.sock", "unix:@n", "tcp://[::1]:9000"].map((text) => formatAddress(parseAddress(text))),
    error: thrown(() => parseAddress("/run/a.sock")),
    timers: timers(),
  };
}

async function recordLines(): Promise<string[]> {
  const bytes = [
    encodeRecord({ type: RecordType.BeginRequest, requestId: 1, role: Role.Filter, keepConn: true }),
    encodeRecord({ type: RecordType.Stdout, requestId: 300, content: new Uint8Array(70_000).fill(0xe9) }),
    encodeRecord({ type: RecordType.EndRequest, requestId: 1, appStatus: 2 ** 32 - 1 }),
  ];
  const lines: string[] = [];
  for await (const record of records(bytes)) lines.push(describeRecord(record, { maxLength: 60 }));
  return lines;
}

function decoderCalls(): string[] {
  const calls: string[] = [];
  const decoder = new RecordDecoder({
    onRecord: (type, id, length) => calls.push(`record ${type} ${id} ${length}`),
    onContent: (_type, _id, _chunk, start, end) => calls.push(`content ${start} ${end}`),
    onRecordEnd: (type, id) => calls.push(`end ${type} ${id}`),
  });
  const bytes = encodeRecord({ type: RecordType.Stdin, requestId: 65_535, content: new Uint8Array(5) });
  for (const byte of bytes) decoder.push(Uint8Array.of(byte));
  decoder.push(bytes);
  return calls;
}

function nameValues(): unknown {
  const list = new ParamList(encodeNameValues({ FIXED: "1" })).add("ALL", ALL_BYTES).add("LONG", LONG);
  const params = decodeNameValues(encodeNameValues(list));
  return {
    same: params.get("ALL") === ALL_BYTES && params.get("LONG") === LONG,
    names: [...params.keys()],
    bytes: [...(params.getBytes("ALL") ?? [])],
    refused: thrown(() => encodeNameValues({ A: "\u20ac" })),
    capabilities: readCapabilities(decodeNameValues(encodeNameValues({ FCGI_MPXS_CONNS: "1", FCGI_MAX_REQS: "50" }))),
  };
}

/** Two requests at once, one of them with a param that no record holds, over a wire that cuts every 1,000 bytes. */
function sessions(): unknown {
  const told: string[] = [];
  const onFatal = (error: FastCGIError): number => told.push(error.code);
  const toApplication = new RecordOutput(() => {});
  const toServer = new RecordOutput(() => {});
  const client = new ClientSession(toApplication, {
    multiplex: 2,
    onFatal,
    onValues: (values) => told.push(`multiplexes: ${readCapabilities(values).multiplexes}`),
  });
  const application = new ResponderSession(toServer, {
    maxParamBytes: 100_000,
    onRequest: (exchange) => ({
      onStdin: (chunk, start, end) => exchange.writeStdout(chunk, start, end),
      onStdinEnd() {
        exchange.writeStdout(new TextEncoder().encode(` ${exchange.params.get("A")?.length}`));
        exchange.end(exchange.id);
      },
      onData() {},
      onDataEnd() {},
      onAbort: () => exchange.end(),
    }),
    onFatal,
    onClose: () => told.push("close"),
  });
  const call = (value: string): ReturnType<ClientSession["begin"]> => {
    let stdout = "";
    const params = { A: value };
    return client.begin(
      { role: Role.Responder, keepConn: true, params, oversizedParam: "split" },
      {
        onStdout(chunk, start, end) {
          stdout += new TextDecoder().decode(chunk.subarray(start, end));
        },
        onStderr() {},
        onEnd: (appStatus) => told.push(`${stdout}, ${appStatus}`),
        onError: onFatal,
      },
    );
  };
  client.requestValues();
  const [one, two] = [call("x".repeat(70_000)), call("y")];
  two.writeStdin(new TextEncoder().encode("two"));
  two.endStdin();
  one.writeStdin(new TextEncoder().encode("one"));
  one.endStdin();
  deliver(toApplication, (chunk) => application.receive(chunk));
  deliver(toServer, (chunk) => client.receive(chunk));
  application.drain();
  return { told, active: [client.active, application.active] };
}

function deliver(output: RecordOutput, receive: (chunk: Uint8Array) => void): void {
  for (const piece of output.take()) {
    for (let at = 0; at < piece.length; at += 1_000) receive(piece.subarray(at, at + 1_000));
  }
}

function responseHead(): unknown {
  const bytes = encodeResponseHead(404, "caf\xe9", ["Content-Type", "text/html", "X-All", ALL_BYTES.slice(127)]);
  const decoder = new ResponseHeadDecoder();
  let body = -1;
  for (const [index, byte] of bytes.entries()) if (decoder.push(Uint8Array.of(byte)) >= 0) body = index;
  const { statusCode, statusText, rawHeaders, kind } = decoder.head;
  return { body: body === bytes.length - 1, statusCode, statusText, rawHeaders, kind };
}

function metaVariables(): unknown {
  const fixed = staticMetaVariables({ serverSoftware: "x/1", params: { APP_ENV: "prod" } });
  const params = new ParamList(fixed.encoded);
  addMetaVariables(
    params,
    {
      method: "POST",
      requestUri: "/b/index.php/7?x=%20",
      queryString: "x=%20",
      protocol: "HTTP/1.1",
      scheme: "https",
      serverName: "h",
      serverPort: 443,
      remoteAddress: "::1",
      scriptName: "/b/index.php",
      pathInfo: "/7",
      contentLength: 3,
      rawHeaders: ["Host", "h", "X-A", "1", "x-a", "2", "Proxy", "evil", "Cookie", "a=b"],
    },
    fixed,
  );
  const received = decodeNameValues(encodeNameValues(params));
  return { all: received.toObject(), head: toRequestHead(received) };
}

function scgi(): unknown {
  const told: unknown[] = [];
  const decoder = new ScgiRequestDecoder({
    onRequest: (params, contentLength) => told.push(params.get("ALL") === ALL_BYTES, [...params.keys()], contentLength),
    onBody: (chunk, start, end) => told.push([...chunk.subarray(start, end)]),
    onBodyEnd: () => told.push("end"),
  });
  const request = new ScgiRequestEncoder({ ALL: ALL_BYTES }, 2);
  for (const byte of request.head) decoder.push(Uint8Array.of(byte));
  decoder.push(request.body(Uint8Array.of(0, 255)));
  return told;
}

function timers(): number[] {
  let now = 0;
  const fired: number[] = [];
  const wheel = new TimerWheel({ now: () => now });
  for (const delay of [250, 1_000, 100]) wheel.schedule(delay, () => fired.push(delay));
  for (now = 0; now <= 1_200; now += 100) wheel.advance();
  return fired;
}

function thrown(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    return [error instanceof FastCGIError, error.code, error.message];
  }
}
