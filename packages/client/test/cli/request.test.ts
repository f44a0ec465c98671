import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeEach, expect, test } from "vitest";

import { xClient } from "../support/command.ts";
import { bytes, end, Peer, stderr, stdout } from "../support/peer.ts";
import type { PeerRequest } from "../support/peer.ts";
import { ScgiPeer } from "../support/scgi-peer.ts";

const folder = mkdtempSync(join(tmpdir(), "x-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

let peer: Peer;
let answer: (request: PeerRequest) => void;
beforeEach(async () => {
  answer = ({ id, connection }) => connection.reply(id, "hello\n");
  const reply = (request: PeerRequest): void => answer(request);
  peer = await Peer.start({
    onRequest: (request) => void (request.role !== 3 && reply(request)),
    onData: reply,
  });
});
afterEach(() => peer.stop());

const params = (): Record<string, string> => peer.requests[0]!.params.toObject();

test("[C28] [C29] [C31] a GET as a web server would send it", async () => {
  const result = await xClient(["request", peer.address, "/blog/index.php/post%20a?x=%201", "--root", "/srv/www"]);
  expect(result).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  expect(params()).toMatchObject({
    GATEWAY_INTERFACE: "CGI/1.1",
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/blog/index.php/post%20a?x=%201",
    QUERY_STRING: "x=%201",
    SCRIPT_NAME: "/blog/index.php",
    SCRIPT_FILENAME: "/srv/www/blog/index.php",
    PATH_INFO: "/post a",
    DOCUMENT_ROOT: "/srv/www",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    REMOTE_ADDR: "127.0.0.1",
    HTTP_HOST: "localhost",
  });
  expect(params()).not.toHaveProperty("CONTENT_LENGTH");
  expect(params()).not.toHaveProperty("CONTENT_TYPE");
});

test("without --root the folder it runs in is the document root", async () => {
  await xClient(["request", peer.address, "/a.php"]);
  expect(params()).toMatchObject({ DOCUMENT_ROOT: process.cwd(), SCRIPT_FILENAME: `${process.cwd()}/a.php` });
});

test("-d makes it a POST of a form, with its exact length", async () => {
  await xClient(["request", peer.address, "/", "-d", "name=\u00e9"]);
  expect(peer.requests[0]!.stdin).toEqual(Buffer.from("name=é"));
  expect(params()).toMatchObject({
    REQUEST_METHOD: "POST",
    CONTENT_LENGTH: "7",
    CONTENT_TYPE: "application/x-www-form-urlencoded",
  });
});

test("-X, -H, -p and data from a file", async () => {
  writeFileSync(join(folder, "body.json"), "{}");
  const flags = ["-X", "PUT", "-d", `@${join(folder, "body.json")}`, "-H", "content-type: application/json"];
  const more = [
    "-H",
    "Host: shop.test:8080",
    "-H",
    "X-Foo: a",
    "-H",
    "Proxy: evil",
    "-p",
    "APP_ENV=a=b",
    "-p",
    "HTTPS=",
  ];
  await xClient(["request", peer.address, "/", ...flags, ...more]);
  expect(String(peer.requests[0]!.stdin)).toBe("{}");
  expect(params()).toMatchObject({
    REQUEST_METHOD: "PUT",
    CONTENT_TYPE: "application/json",
    SERVER_NAME: "shop.test",
    SERVER_PORT: "8080",
    HTTP_HOST: "shop.test:8080",
    HTTP_X_FOO: "a",
    APP_ENV: "a=b",
    HTTPS: "",
  });
  // [V22]
  expect(params()).not.toHaveProperty("HTTP_PROXY");
});

test("several -d are fields of one form; --data-binary sends a file of any size as it is", async () => {
  await xClient(["request", peer.address, "/", "-d", "a=1", "-d", "b=2"]);
  expect(String(peer.requests[0]!.stdin)).toBe("a=1&b=2");
  const bytes = Buffer.alloc(1_000_000, "\r\n\xff", "latin1");
  writeFileSync(join(folder, "body.bin"), bytes);
  await xClient(["request", peer.address, "/", "--data-binary", `@${join(folder, "body.bin")}`]);
  expect(peer.requests[1]!.stdin.equals(bytes)).toBe(true);
  expect(peer.requests[1]!.params.get("CONTENT_LENGTH")).toBe("1000000");
});

test("-F makes the form that a browser makes", async () => {
  const file = join(folder, 'a "b".txt');
  writeFileSync(file, "text");
  const flags = ["-F", "title=Sunset é", "-F", `photo=@${file}`, "-F", `raw=<${file}`];
  await xClient(["request", peer.address, "/", ...flags, "-F", `other=@${file};type=image/x;filename=c.jpg`]);
  const { params: sent, stdin } = peer.requests[0]!;
  expect(sent.get("CONTENT_LENGTH")).toBe(String(stdin.length));
  const headers = { "content-type": sent.get("CONTENT_TYPE")! };
  const form = await new Response(Buffer.from(stdin), { headers }).formData();
  expect(form.get("title")).toBe("Sunset é");
  expect(form.get("raw")).toBe("text");
  expect(form.get("photo")).toMatchObject({ type: "text/plain" });
  expect(form.get("other")).toMatchObject({ type: "image/x", name: "c.jpg" });
  expect(await (form.get("photo") as File).text()).toBe("text");
  expect(String(stdin)).toContain('filename="a %22b%22.txt"');
});

test("-I asks for the head, -f fails for a status of 400 and more, --script names the script", async () => {
  answer = ({ id, connection }) => connection.reply(id, "secret", "Status: 404 Gone\r\nX-A: 1\r\n\r\n");
  const head = "Status: 404 Gone\r\nX-A: 1\r\n\r\n";
  expect(await xClient(["request", peer.address, "/", "-I"])).toEqual({ code: 0, stdout: head, stderr: "" });
  expect(peer.requests[0]!.params.get("REQUEST_METHOD")).toBe("HEAD");
  expect(await xClient(["request", peer.address, "/x", "-f", "--script", ""])).toEqual({
    code: 1,
    stdout: "",
    stderr: "x-client: the application answered with status 404.\n",
  });
  expect(peer.requests[1]!.params.toObject()).toMatchObject({ SCRIPT_NAME: "", PATH_INFO: "/x" });
});

test("-i shows the head, -o writes the body to a file", async () => {
  answer = ({ id, connection }) => {
    connection.send(stdout(id, "Status: 404 Not Here\nX-A: \xe9\nX-A: 2\n\n"), stdout(id, "bo\xffdy"), end(id));
  };
  const head = "Status: 404 Not Here\r\nX-A: \xe9\r\nX-A: 2\r\n\r\n";
  const shown = await xClient(["request", peer.address, "/", "-i"]);
  expect(shown).toEqual({ code: 0, stdout: `${head}bo\xffdy`, stderr: "" });
  const file = join(folder, "body.bin");
  const saved = await xClient(["request", peer.address, "/", "-i", "-o", file]);
  expect(saved).toEqual({ code: 0, stdout: head, stderr: "" });
  expect(readFileSync(file, "latin1")).toBe("bo\xffdy");
});

test("[TF10] [V40] what the application writes to stderr is shown, without its control characters", async () => {
  answer = ({ id, connection }) => {
    connection.send(stderr(id, "bad\r\nFAKE\x1b[31m\n"));
    connection.reply(id, "ok");
    connection.end(id);
  };
  expect(await xClient(["request", peer.address, "/"])).toEqual({
    code: 0,
    stdout: "ok",
    stderr: "bad\\r\nFAKE\\x1b[31m\n",
  });
});

test("an exit status of the application is told", async () => {
  answer = ({ id, connection }) => connection.send(stdout(id, "Status: 200\n\nok"), end(id, 7));
  expect(await xClient(["request", peer.address, "/"])).toEqual({
    code: 0,
    stdout: "ok",
    stderr: "x-client: the application ended with status 7.\n",
  });
});

test("--json", async () => {
  answer = ({ id, connection }) => {
    connection.send(stderr(id, "note"), stdout(id, "Status: 201 Made\nX-A: 1\nX-A: 2\n\nbody"), end(id, 3));
  };
  const { code, stdout: text } = await xClient(["request", peer.address, "/", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(text)).toEqual({
    statusCode: 201,
    statusText: "Made",
    headers: { "x-a": ["1", "2"] },
    rawHeaders: ["X-A", "1", "X-A", "2"],
    body: "body",
    stderr: "note",
    appStatus: 3,
  });
});

test("--json with a body that is no text", async () => {
  answer = ({ id, connection }) => connection.reply(id, Uint8Array.of(0xff, 0));
  const { stdout: text } = await xClient(["request", peer.address, "/", "--json"]);
  expect(JSON.parse(text)).toMatchObject({ bodyBase64: "/wA=" });
});

test("-v shows each record sent and received", async () => {
  answer = ({ id, connection }) => {
    connection.send(stderr(id, "oops\x07"), stdout(id, "Status: 200\n\nok"), end(id, 3));
  };
  const { stderr: log } = await xClient(["request", peer.address, "/a.php", "-v", "-d", "body"]);
  const lines = log.split("\n");
  expect(lines.filter((line) => !line.startsWith(">   "))).toEqual([
    "> BEGIN_REQUEST id=1 role=RESPONDER keepConn=false",
    expect.stringMatching(/^> PARAMS id=1 \d+ bytes$/),
    "> PARAMS id=1 (end)",
    "> STDIN id=1 4 bytes",
    "> STDIN id=1 (end)",
    "< STDERR id=1 5 bytes: oops\\x07",
    "< STDOUT id=1 15 bytes",
    "< END_REQUEST id=1 appStatus=3 protocolStatus=REQUEST_COMPLETE",
    "x-client: the application ended with status 3.",
    "",
  ]);
  expect(lines).toContain(">   REQUEST_METHOD=POST");
  expect(lines).toContain(">   SCRIPT_NAME=/a.php");
});

test("[P84] --role filter sends the file of the path as data", async () => {
  writeFileSync(join(folder, "page.txt"), "filter me");
  answer = ({ id, data, connection }) => connection.reply(id, bytes("filtered ", data));
  const result = await xClient(["request", peer.address, "/page.txt", "--role", "filter", "--root", folder]);
  expect(result).toEqual({ code: 0, stdout: "filtered filter me", stderr: "" });
  expect(peer.requests[0]!.role).toBe(3);
  expect(params()).toMatchObject({
    FCGI_DATA_LENGTH: "9",
    FCGI_DATA_LAST_MOD: expect.stringMatching(/^\d{10}$/) as string,
  });
});

test("[P80] --role authorizer leaves out what an authorizer does not get", async () => {
  await xClient(["request", peer.address, "/a.php/info", "--role", "authorizer"]);
  expect(peer.requests[0]!.role).toBe(2);
  for (const name of ["CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"]) {
    expect(params()).not.toHaveProperty(name);
  }
  expect(params()).toHaveProperty("REQUEST_URI", "/a.php/info");
});

const fates: [string, (request: PeerRequest) => void, string][] = [
  ["no response head", ({ id, connection }) => connection.end(id, 255), "FCGI_ERR_BAD_RESPONSE_HEAD"],
  ["a closed connection", ({ connection }) => void connection.socket.end(), "FCGI_ERR_SOCKET"],
  ["HTTP", ({ connection }) => void connection.send("HTTP/1.1 400 Bad\r\n"), "FCGI_ERR_NOT_FASTCGI"],
];

test.for(fates)("%s: exit 1, the code and the end of stderr", async ([, fate, code]) => {
  answer = (request) => {
    request.connection.send(stderr(request.id, "PHP Fatal error\x1b[0m\n"));
    fate(request);
  };
  const result = await xClient(["request", peer.address, "/"]);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect(result.stderr).toMatch(/^x-client: .* \[[A-Z_]+\]\nIts stderr: PHP Fatal error\\x1b\[0m\n$/);
  expect(result.stderr).toContain(`[${code}]`);
});

test("--timeout", async () => {
  answer = () => {};
  const result = await xClient(["request", peer.address, "/", "--timeout", "200"]);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect(result.stderr).toContain("The application has not begun to answer within 200 ms. [FCGI_ERR_HEADERS_TIMEOUT]");
});

test("a large body arrives whole, at the reader's speed", async () => {
  const body = Buffer.alloc(3_000_000, "0123456789");
  answer = ({ id, connection }) => connection.reply(id, body);
  const file = join(folder, "large.bin");
  await xClient(["request", peer.address, "/", "-o", file]);
  expect(readFileSync(file).equals(body)).toBe(true);
});

test("a script that PHP-FPM does not find: a sentence says what to do", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(stderr(id, "Primary script unknown"));
      connection.reply(id, "File not found.\n", "Status: 404 Not Found\r\n\r\n");
    },
  });
  const { code, stdout, stderr: said } = await xClient(["request", peer.address, "/a.php"]);
  expect([code, stdout]).toEqual([0, "File not found.\n"]);
  expect(said).toMatch(/^Primary script unknown\nx-client: PHP-FPM found no such script: --root is the folder .*\n$/);
});

test("-v of an application that speaks SCGI: headers and sizes, which have no records", async () => {
  await using peer = await ScgiPeer.start(({ socket }) => void socket.end("Status: 200 OK\r\n\r\nhere"));
  const { code, stdout, stderr: said } = await xClient(["request", peer.address, "/a", "-v", "-d", "x=1"]);
  expect([code, stdout]).toEqual([0, "here"]);
  const lines = said.split("\n");
  expect(lines[0]).toMatch(/^> SCGI \d+ headers$/);
  expect(lines).toContain(">   REQUEST_METHOD=POST");
  expect(lines.slice(-4)).toEqual(["> body 3 bytes", "> (end)", "< 22 bytes", ""]);
});
