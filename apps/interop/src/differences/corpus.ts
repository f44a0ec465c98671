/** One request, as bytes on a connection of its own, and what the application shall answer. */
export interface Case {
  /** Unique. */
  readonly name: string;
  /** One character a byte. */
  readonly raw: string;
  /** The client ends its side when all is written: what is missing never comes. */
  readonly ends?: true;
  /** Servers that this is not sent to, and what it does to them: nobody can wait for that in a test. */
  readonly spared?: Readonly<Record<string, string>>;
}

/** What `spared` says. */
const NEVER = "no end before its time limit";
const DIES = "none: its process ends";
const CHANCE = "200, with the value of either";

const HOST = "Host: site.example";

/** A request with the usual Host, after which the connection closes. */
function ask(line: string, ...fields: readonly string[]): string {
  return head(`${line} HTTP/1.1`, HOST, ...fields, "Connection: close");
}

function head(...lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A POST whose framing is for the case to say. */
function post(body: string, ...fields: readonly string[]): string {
  return ask("POST /form", ...fields) + body;
}

/** What the application writes on its stdout, told to it in the query; `{1000}` stands for as many letters. */
function answers(name: string, stdout: string, method: string = "GET"): Case {
  return { name: `answer: ${name}`, raw: ask(`${method} /?answer=${hex(stdout)}`) };
}

function hex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

const TEXT = "Content-Type: text/plain\r\n";
const CHUNKED = "Transfer-Encoding: chunked";
const CHUNKS = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

const METHODS: readonly Case[] = [
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH", "BREW"].map(
    (method) => ({ name: `method: ${method}`, raw: ask(`${method} /method`) }),
  ),
  { name: "method: lower case", raw: ask("get /method") },
  { name: "method: CONNECT", raw: ask("CONNECT site.example:443") },
  { name: "method: not a token", raw: ask("G@T /method") },
  { name: "method: OPTIONS *", raw: ask("OPTIONS *") },
];

const PATHS: readonly Case[] = (
  [
    ["root", "/"],
    ["segments", "/a/b/c"],
    ["trailing slash", "/a/"],
    ["trailing dot", "/a."],
    ["encoded slash", "/a%2Fb"],
    ["encoded backslash", "/a%5Cb"],
    ["backslash", "/a\\b"],
    ["encoded NUL", "/a%00b"],
    ["encoded line feed", "/a%0Ab"],
    ["encoded space", "/a%20b"],
    ["encoded percent", "/a%252Fb"],
    ["encoded question mark", "/a%3Fb"],
    ["encoded letter", "/%61"],
    ["encoded UTF-8", "/caf%C3%A9"],
    ["encoded overlong dot", "/%C0%AE%C0%AE/a"],
    ["bare UTF-8", "/caf\u00c3\u00a9"],
    ["dot segment", "/a/./b"],
    ["dot-dot segment", "/a/../b"],
    ["encoded dot-dot segment", "/a/%2e%2e/b"],
    ["above the root", "/../a"],
    ["double slash", "/a//b"],
    ["leading double slash", "//a/b"],
    ["semicolon", "/a;v=1/b"],
    ["plus", "/a+b"],
    ["brackets", "/a[1]"],
    ["quote and angle brackets", '/a"<b>'],
    ["broken percent sign", "/a%zz"],
    ["fragment", "/a#b"],
    ["script and path info", "/index.php/a/b"],
    ["4,000 bytes", `/${"p".repeat(4_000)}`],
    ["20,000 bytes", `/${"p".repeat(20_000)}`],
    ["without slash", "a/b"],
    ["with a space", "/a b"],
  ] as const
).map(([name, path]) => ({ name: `path: ${name}`, raw: ask(`GET ${path}`) }));

const QUERIES: readonly Case[] = (
  [
    ["plain", "?a=1&b=2"],
    ["empty", "?"],
    ["several question marks", "?a?b??"],
    ["plus and percent", "?a+b%20c%2B"],
    ["raw brackets", "?a[]=1&b[x]=2"],
    ["encoded NUL", "?a%00b"],
    ["encoded line feed", "?a%0Ab"],
    ["slashes and dots", "?/../a//b"],
    ["bare UTF-8", "?caf\u00c3\u00a9"],
    ["broken percent sign", "?a%zz"],
    ["quote and angle brackets", '?a"<b>'],
  ] as const
).map(([name, query]) => ({ name: `query: ${name}`, raw: ask(`GET /query${query}`) }));

const LINES: readonly Case[] = [
  { name: "line: absolute form", raw: ask("GET http://site.example/a?b") },
  { name: "line: absolute form without path", raw: ask("GET http://site.example?b") },
  { name: "line: absolute form of another host", raw: ask("GET http://other.example/a") },
  { name: "line: absolute form of another scheme", raw: ask("GET https://site.example/a") },
  { name: "line: HTTP/1.0", raw: head("GET /old HTTP/1.0", HOST) },
  { name: "line: HTTP/1.0 without Host", raw: head("GET /old HTTP/1.0") },
  { name: "line: HTTP/0.9", raw: "GET /old\r\n\r\n" },
  { name: "line: HTTP/1.2", raw: head("GET /new HTTP/1.2", HOST, "Connection: close") },
  { name: "line: HTTP/2.0", raw: head("GET /new HTTP/2.0", HOST, "Connection: close") },
  { name: "line: http in lower case", raw: head("GET /new http/1.1", HOST, "Connection: close") },
  { name: "line: empty line before it", raw: `\r\n${ask("GET /a")}` },
  { name: "line: two spaces", raw: ask("GET  /a") },
  { name: "line: line feeds alone", raw: ask("GET /a").replaceAll("\r", "") },
];

const HOSTS: readonly Case[] = (
  [
    ["missing", []],
    ["empty", ["Host:"]],
    ["twice", [HOST, "Host: other.example"]],
    ["twice the same", [HOST, HOST]],
    ["upper case", ["Host: SITE.Example"]],
    ["trailing dot", ["Host: site.example."]],
    ["port", ["Host: site.example:8080"]],
    ["IPv4", ["Host: 192.0.2.1"]],
    ["IPv6 and port", ["Host: [::1]:8080"]],
    ["path in it", ["Host: site.example/a"]],
    ["user in it", ["Host: user@site.example"]],
    ["port too large", ["Host: site.example:99999"]],
    ["two in one", ["Host: site.example, other.example"]],
  ] as const
).map(([name, fields]) => ({
  name: `Host: ${name}`,
  raw: head("GET /host HTTP/1.1", ...fields, "Connection: close"),
}));

const HEADERS: readonly Case[] = [
  ...(
    [
      ["repeated", ["X-Twice: 1", "X-Twice: 2"]],
      ["Cookie twice", ["Cookie: a=1", "Cookie: b=2"]],
      ["underscore in the name", ["X_Under: 1"]],
      ["dot in the name", ["X.Dot: 1"]],
      ["other token characters in the name", ["X!Mark: 1"]],
      ["Proxy", ["Proxy: http://proxy.example/"]],
      ["Https", ["Https: on"]],
      ["Redirect-Status", ["Redirect-Status: 200"]],
      ["Script-Filename", ["Script-Filename: /etc/passwd"]],
      ["empty value", ["X-Empty:"]],
      ["white space around the value", ["X-Wide: \t a b \t "]],
      ["space before the colon", ["X-Space : 1"]],
      ["space in the name", ["X Space: 1"]],
      ["no colon", ["X-Colon"]],
      ["empty name", [": 1"]],
      ["folded", ["X-Folded: a", " b"]],
      ["latin-1 in the value", ["X-Latin: caf\u00e9"]],
      ["UTF-8 in the value", ["X-Utf8: caf\u00c3\u00a9"]],
      ["tab in the value", ["X-Tab: a\tb"]],
      ["control byte in the value", ["X-Control: a\u0001b"]],
      ["NUL in the value", ["X-Nul: a\0b"]],
      ["bare CR in the value", ["X-Return: a\rb"]],
      ["5,000 bytes", [`X-Long: ${"v".repeat(5_000)}`]],
      ["50,000 bytes in twenty lines", Array.from({ length: 20 }, (_, at) => `X-Long-${at}: ${"v".repeat(2_500)}`)],
      ["150 lines", Array.from({ length: 150 }, (_, at) => `X-Line-${at}: ${at}`)],
      ["Authorization", ["Authorization: Basic YTpi"]],
      ["Authorization twice", ["Authorization: Basic YTpi", "Authorization: Basic Yzpk"]],
      ["Proxy-Authorization", ["Proxy-Authorization: Basic YTpi"]],
      ["Content-Type without body", ["Content-Type: text/plain"]],
      ["Content-Type twice", ["Content-Type: text/plain", "Content-Type: text/html"]],
      ["TE", ["TE: trailers"]],
      ["Trailer", ["Trailer: X-After"]],
      ["Upgrade", ["Connection: upgrade", "Upgrade: websocket"]],
      ["Keep-Alive", ["Keep-Alive: timeout=5"]],
      ["Proxy-Connection", ["Proxy-Connection: keep-alive"]],
      ["named by Connection", ["Connection: X-Hop", "X-Hop: 1"]],
      ["Cookie named by Connection", ["Connection: Cookie", "Cookie: a=1"]],
      ["X-Forwarded-*", ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: other.example"]],
      ["Forwarded", ["Forwarded: for=192.0.2.7;proto=https"]],
      ["X-Real-IP", ["X-Real-IP: 192.0.2.7"]],
      ["Range", ["Range: bytes=0-3"]],
      ["If-None-Match", ['If-None-Match: "a"', "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT"]],
      ["Accept-Encoding", ["Accept-Encoding: gzip, br"]],
      ["Expect: unknown", ["Expect: a-miracle"]],
      ["X-Sendfile", ["X-Sendfile: /etc/passwd", "X-Accel-Redirect: /etc/passwd"]],
      ["X-Original-URL", ["X-Original-URL: /admin", "X-Rewrite-URL: /admin"]],
    ] as const
  ).map(([name, fields]) => ({ name: `header: ${name}`, raw: ask("GET /headers", ...fields) })),
  {
    name: "header: underscore and hyphen",
    raw: ask("GET /headers", "X-Both_Names: 1", "X-Both-Names: 2"),
    spared: { Caddy: CHANCE },
  },
];

const BODIES: readonly Case[] = [
  { name: "body: with its length", raw: post("hello world", "Content-Length: 11", "Content-Type: text/plain") },
  { name: "body: empty, length 0", raw: post("", "Content-Length: 0") },
  { name: "body: no length", raw: post("") },
  { name: "body: of a GET", raw: ask("GET /form", "Content-Length: 5") + "hello" },
  { name: "body: length with a leading zero", raw: post("hello", "Content-Length: 05") },
  { name: "body: length with a sign", raw: post("hello", "Content-Length: +5") },
  { name: "body: length is no number", raw: post("hello", "Content-Length: five") },
  { name: "body: length of 20 digits", raw: post("hello", "Content-Length: 99999999999999999999"), ends: true },
  { name: "body: two equal lengths", raw: post("hello", "Content-Length: 5", "Content-Length: 5") },
  { name: "body: two equal lengths in one field", raw: post("hello", "Content-Length: 5, 5") },
  { name: "body: two lengths that differ", raw: post("hello", "Content-Length: 5", "Content-Length: 4") },
  { name: "body: shorter than its length", raw: post("hell", "Content-Length: 5"), ends: true },
  { name: "body: chunked", raw: post(CHUNKS, CHUNKED) },
  { name: "body: chunked, empty", raw: post("0\r\n\r\n", CHUNKED), spared: { HAProxy: NEVER } },
  { name: "body: chunked, of a GET", raw: ask("GET /form", CHUNKED) + CHUNKS },
  { name: "body: chunked, with extension", raw: post("5;a=b\r\nhello\r\n0\r\n\r\n", CHUNKED) },
  {
    name: "body: chunked, with trailer",
    raw: post("5\r\nhello\r\n0\r\nX-After: 1\r\n\r\n", CHUNKED, "Trailer: X-After"),
  },
  { name: "body: chunked, upper case", raw: post(CHUNKS, "Transfer-Encoding: CHUNKED") },
  { name: "body: chunked, ends early", raw: post("5\r\nhel", CHUNKED), ends: true },
  { name: "body: chunked, size is no number", raw: post("z\r\nhello\r\n0\r\n\r\n", CHUNKED) },
  { name: "body: chunked, line feeds alone", raw: post("5\nhello\n0\n\n", CHUNKED) },
  { name: "body: chunked, with a length", raw: post(CHUNKS, CHUNKED, "Content-Length: 5") },
  { name: "body: length, then chunked", raw: post(CHUNKS, "Content-Length: 5", CHUNKED) },
  { name: "body: chunked twice", raw: post(CHUNKS, "Transfer-Encoding: chunked, chunked") },
  { name: "body: gzip, chunked", raw: post(CHUNKS, "Transfer-Encoding: gzip, chunked") },
  { name: "body: identity", raw: post("hello", "Transfer-Encoding: identity", "Content-Length: 5") },
  { name: "body: unknown coding", raw: post(CHUNKS, "Transfer-Encoding: xchunked") },
  { name: "body: chunked in HTTP/1.0", raw: head("POST /form HTTP/1.0", HOST, CHUNKED) + CHUNKS },
  { name: "body: Expect: 100-continue", raw: post("hello", "Content-Length: 5", "Expect: 100-continue") },
  { name: "body: 200,000 bytes", raw: post("b".repeat(200_000), "Content-Length: 200000") },
  { name: "body: 2,000,000 bytes", raw: post("b".repeat(2_000_000), "Content-Length: 2000000") },
];

const CONNECTIONS: readonly Case[] = [
  { name: "connection: two requests", raw: head("GET /1 HTTP/1.1", HOST) + ask("GET /2") },
  { name: "connection: HTTP/1.0 close", raw: head("GET /1 HTTP/1.0", HOST) + ask("GET /2") },
  {
    name: "connection: HTTP/1.0 keep-alive",
    raw: head("GET /1 HTTP/1.0", HOST, "Connection: keep-alive") + ask("GET /2"),
  },
  { name: "connection: nothing after close", raw: ask("GET /1") + ask("GET /2") },
  {
    name: "connection: two with bodies",
    raw: head("POST /1 HTTP/1.1", HOST, "Content-Length: 5") + "hello" + post(CHUNKS, CHUNKED),
  },
  { name: "connection: a bad request after a good one", raw: head("GET /1 HTTP/1.1", HOST) + ask("GET /2", HOST) },
];

const HEADS: readonly Case[] = [
  answers("Status and reason", `Status: 404 Not Here\r\n${TEXT}\r\nbody`),
  answers("Status without reason", `Status: 299\r\n${TEXT}\r\nbody`),
  answers("Status of no number", `Status: abc\r\n${TEXT}\r\nbody`),
  answers("Status of two digits", `Status: 99\r\n${TEXT}\r\nbody`),
  answers("Status of four digits", `Status: 2000\r\n${TEXT}\r\nbody`),
  answers("Status 600", `Status: 600 Odd\r\n${TEXT}\r\nbody`),
  answers("Status twice", `Status: 200\r\nStatus: 404\r\n${TEXT}\r\nbody`),
  answers("Status 100", `Status: 100 Continue\r\n${TEXT}\r\nbody`),
  answers("Status 101", `Status: 101 Switching Protocols\r\n${TEXT}\r\nbody`),
  answers("Status 103 and a final head", `Status: 103\r\nLink: </a.css>\r\n\r\n${TEXT}\r\nbody`),
  answers("HTTP/1.1 line", `HTTP/1.1 200 OK\r\n${TEXT}\r\nbody`),
  answers("Location, absolute", "Location: http://other.example/a\r\n\r\n"),
  answers("Location, a path", "Location: /local?b\r\n\r\n"),
  answers("Location, a path, and more fields", `Location: /local\r\n${TEXT}\r\nbody`),
  answers("Location, a path, with Status", `Status: 302 Found\r\nLocation: /local\r\n\r\n`),
  answers("Location, two slashes", "Location: //other.example/a\r\n\r\n"),
  answers("Location, with Status 201", `Status: 201 Created\r\nLocation: /made\r\n${TEXT}\r\nbody`),
  answers("Location of a HEAD", "Location: /local?b\r\n\r\n", "HEAD"),
  answers("Content-Type missing", "Status: 200 OK\r\n\r\nbody"),
  answers("Content-Type twice", `${TEXT}Content-Type: text/html\r\n\r\nbody`),
  answers("no known field", "X-Only: 1\r\n\r\nbody"),
  { ...answers("nothing", ""), spared: { HAProxy: NEVER } },
  answers("empty head", "\r\nbody"),
  { ...answers("head without end", "Content-Type: text/plain\r\n"), spared: { HAProxy: DIES } },
  answers("text before the head", `PHP Notice of something\n${TEXT}\r\nbody`),
  answers("line feeds alone", "Content-Type: text/plain\n\nbody"),
  answers("folded line", `${TEXT}X-Folded: a\r\n b\r\n\r\nbody`),
  answers("space before the colon", `${TEXT}X-Space : 1\r\n\r\nbody`),
  answers("space in a name", `${TEXT}X Space: 1\r\n\r\nbody`),
  answers("empty name", `${TEXT}: 1\r\n\r\nbody`),
  answers("empty value", `${TEXT}X-Empty:\r\n\r\nbody`),
  answers("underscore in a name", `${TEXT}X_Under: 1\r\n\r\nbody`),
  answers("latin-1 value", `${TEXT}X-Latin: caf\u00e9\r\n\r\nbody`),
  answers("control byte in a value", `${TEXT}X-Control: a\u0001b\r\n\r\nbody`),
  answers("NUL in a value", `${TEXT}X-Nul: a\0b\r\n\r\nbody`),
  answers("bare CR in a value", `${TEXT}X-Return: a\rSet-Cookie: b\r\n\r\nbody`),
  answers("field of 2,000 bytes", `${TEXT}X-Long: {2000}\r\n\r\nbody`),
  answers("field of 10,000 bytes", `${TEXT}X-Long: {10000}\r\n\r\nbody`),
  answers("field of 100,000 bytes", `${TEXT}X-Long: {100000}\r\n\r\nbody`),
  answers("three cookies", `${TEXT}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3\r\n\r\nbody`),
  answers("repeated field", `${TEXT}X-Twice: 1\r\nX-Twice: 2\r\n\r\nbody`),
  answers("Date and Server", `${TEXT}Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: application\r\n\r\nbody`),
  answers("X-Powered-By", `${TEXT}X-Powered-By: PHP\r\n\r\nbody`),
  answers("Last-Modified and ETag", `${TEXT}Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: "a"\r\n\r\nbody`),
  answers("Accept-Ranges and Content-Encoding", `${TEXT}Accept-Ranges: none\r\nContent-Encoding: gzip\r\n\r\nbody`),
];

const MESSAGES: readonly Case[] = [
  answers("body of 100,000 bytes", `${TEXT}\r\n{100000}`),
  answers("Content-Length, right", `${TEXT}Content-Length: 4\r\n\r\nbody`),
  answers("Content-Length, too short", `${TEXT}Content-Length: 3\r\n\r\nbody`),
  { ...answers("Content-Length, too long", `${TEXT}Content-Length: 30\r\n\r\nbody`), spared: { HAProxy: NEVER } },
  answers("Content-Length, no number", `${TEXT}Content-Length: four\r\n\r\nbody`),
  answers("Content-Length, negative", `${TEXT}Content-Length: -4\r\n\r\nbody`),
  answers("Content-Length, twice the same", `${TEXT}Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody`),
  answers("Content-Length, two that differ", `${TEXT}Content-Length: 4\r\nContent-Length: 2\r\n\r\nbody`),
  { ...answers("Content-Length, and an empty body", `${TEXT}Content-Length: 4\r\n\r\n`), spared: { HAProxy: NEVER } },
  answers("HEAD, body sent", `${TEXT}\r\nbody`, "HEAD"),
  answers("HEAD, Content-Length and no body", `${TEXT}Content-Length: 4\r\n\r\n`, "HEAD"),
  answers("204 with a body", `Status: 204\r\n${TEXT}\r\nbody`),
  answers("204 with Content-Length", "Status: 204\r\nContent-Length: 0\r\n\r\n"),
  answers("304 with a body", `Status: 304\r\nETag: "a"\r\n\r\nbody`),
  answers("304 with Content-Length", `Status: 304\r\nContent-Length: 4\r\nETag: "a"\r\n\r\n`),
  answers("205 with a body", `Status: 205\r\n${TEXT}\r\nbody`),
  answers("404 without body", `Status: 404\r\n${TEXT}\r\n`),
  answers("500 with a body", `Status: 500\r\n${TEXT}\r\nbody`),
  answers("Transfer-Encoding", `${TEXT}Transfer-Encoding: chunked\r\n\r\nbody`),
  answers("Transfer-Encoding, body already chunked", `${TEXT}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`),
  answers("Connection and Keep-Alive", `${TEXT}Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nbody`),
  answers("field named by Connection", `${TEXT}Connection: X-Hop\r\nX-Hop: 1\r\n\r\nbody`),
  answers("Upgrade", `${TEXT}Upgrade: h2c\r\n\r\nbody`),
  answers("Trailer, TE, Proxy-Authenticate", `${TEXT}Trailer: X\r\nTE: x\r\nProxy-Authenticate: Basic\r\n\r\nbody`),
  answers("X-Sendfile", `${TEXT}X-Sendfile: /etc/hostname\r\n\r\nbody`),
  answers("X-Accel-Redirect", `${TEXT}X-Accel-Redirect: /local\r\n\r\nbody`),
  answers("X-Accel-Buffering", `${TEXT}X-Accel-Buffering: no\r\n\r\nbody`),
  answers("X-CGI-*", `${TEXT}X-CGI-Local: 1\r\n\r\nbody`),
  { name: "answer: of stderr beside it", raw: ask(`GET /?stderr=${hex("a warning\n")}`) },
  {
    name: "answer: of stderr alone",
    raw: ask(`GET /?answer=&stderr=${hex("an error\n")}`),
    spared: { HAProxy: NEVER },
  },
];

/** What all web servers are asked, in this order. */
export const CORPUS: readonly Case[] = [
  ...METHODS,
  ...PATHS,
  ...QUERIES,
  ...LINES,
  ...HOSTS,
  ...HEADERS,
  ...BODIES,
  ...CONNECTIONS,
  ...HEADS,
  ...MESSAGES,
];
