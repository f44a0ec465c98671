import { expect, test } from "vitest";

import { xClient } from "../support/command.ts";

const REQUEST = ["request", "tcp://127.0.0.1:1"];

test.for([
  [[], "What shall it do? x-client --help has examples."],
  [["pnig"], "There is no command pnig; did you mean ping?"],
  [["xyzzy"], "There is no command xyzzy; there are request, ping, status, values, bench and dump."],
  [["--hlep"], "There is no flag --hlep; did you mean --help?"],
  [["request"], "It takes an address and a path, such as"],
  [[...REQUEST, "/", "more"], "It takes an address and a path, such as"],
  [[...REQUEST, "/", "--heder", "A: b"], "There is no flag --heder; did you mean --header?"],
  [[...REQUEST, "/", "-z"], "There is no flag -z; there are --request, "],
  [[...REQUEST, "/", "--json=yes"], "--json takes no value."],
  [[...REQUEST, "/", "-X"], "-X needs a value: the method"],
  [[...REQUEST, "/", "-H", "no colon"], "A header is written 'Name: value', not \"no colon\"."],
  [[...REQUEST, "/", "-H", "A: b\r\nC: d"], "A header is written 'Name: value'"],
  [[...REQUEST, "/", "-p", "novalue"], 'A param is written NAME=VALUE, not "novalue".'],
  [[...REQUEST, "/", "--role", "server"], '--role takes responder, authorizer, filter, not "server".'],
  [[...REQUEST, "/", "-d", "@/no/such/file"], "The data cannot be read from /no/such/file: ENOENT"],
  [[...REQUEST, "/no-such-file", "--role", "filter"], "A filter works on the file of PATH below --root: ENOENT"],
  [[...REQUEST, "/", "--timeout", "soon"], '--timeout takes a number of milliseconds such as 2000, not "soon".'],
  [[...REQUEST, "no-slash"], 'The path no-slash has to begin with "/"'],
  [[...REQUEST, "/a/../../etc/passwd"], "The path /a/../../etc/passwd has to begin"],
  [[...REQUEST, "/%2e%2e/x"], "The path /%2e%2e/x has to begin"],
  [[...REQUEST, "/%zz"], "The path /%zz has a % that begins no %XX."],
  [["request", "127.0.0.1:9000", "/"], 'write "tcp://127.0.0.1:9000"'],
  [["request", "fd:0", "/"], "fd:0"],
  [[...REQUEST, "/", "-o", "/"], "--output takes a file, and / is a folder."],
  [[...REQUEST, "/", "-o", "/no/such/file"], "--output /no/such/file cannot be written: there is no folder /no/such."],
  [[...REQUEST, "/", "-d", "a", "-F", "b=c"], "A request has one body: --data and --form make two."],
  [[...REQUEST, "/", "-F", "novalue"], 'A field is written NAME=VALUE or NAME=@FILE, not "novalue".'],
  [[...REQUEST, "/", "-F", "a=@/no/such"], "The field a cannot be read from /no/such: ENOENT"],
  [[...REQUEST, "/", "--data-binary", "@/tmp"], "The data cannot be read from /tmp: it is no file."],
  [["status"], "It takes an address, such as"],
  [["status", "tcp://127.0.0.1:1", "--path", "status"], "--path takes a path"],
  [
    ["status", "tcp://127.0.0.1:1", "--format", "yaml"],
    '--format takes text, json, xml, html, openmetrics, not "yaml".',
  ],
  [["status", "tcp://127.0.0.1:1", "--wtach"], "There is no flag --wtach; did you mean --watch?"],
  [["status", "tcp://127.0.0.1:1", "--count", "many"], '--count takes a whole number such as 10, not "many".'],
  [["values"], "It takes an address, such as"],
  [["bench", "tcp://127.0.0.1:1"], "It takes an address and a path, such as"],
  [["bench", "tcp://127.0.0.1:1", "/", "-c", "0"], "--concurrency takes a whole number"],
  [["bench", "tcp://127.0.0.1:1", "/", "-F", "a=b"], "has to be in memory: give it by -d."],
  [["dump"], "It takes a file, or - for standard input"],
  [["dump", "/no/such/file"], "/no/such/file cannot be read: ENOENT"],
  [["dump", "/tmp"], "/tmp cannot be read: it is a folder."],
  [["dump", "/dev/null"], "/dev/null is empty."],
  [["dump", "x", "--output", "y"], "--output goes with --listen ADDRESS."],
  [["dump", "--listen", "9000", "tcp://127.0.0.1:1"], "tcp://"],
  [["ping"], "It takes an address, such as"],
  [["ping", "/run/php.sock"], "unix:/run/php.sock"],
  [["ping", "tcp://127.0.0.1:1", "--path", "ping"], "--path takes a path"],
  [["ping", "scgi+tcp://127.0.0.1:1"], "SCGI has no question like FCGI_GET_VALUES: say which page to ask for"],
  [["values", "scgi+tcp://127.0.0.1:1"], "is of an application that speaks SCGI, and here FastCGI is spoken"],
  [["status", "scgi+unix:/run/app.sock"], "is of an application that speaks SCGI, and here FastCGI is spoken"],
] as const)("x-client %j: exit 2 and a sentence", async ([args, sentence]) => {
  const { code, stdout, stderr } = await xClient(args);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/^x-client: .*\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.for([
  ["--help"],
  ["-h"],
  ["request", "--help"],
  ["ping", "-h"],
  ["status", "-h"],
  ["values", "-h"],
  ["bench", "-h"],
  ["dump", "-h"],
])("x-client %j: examples first, exit 0", async (args) => {
  const { code, stdout, stderr } = await xClient(args);
  expect(stdout).toMatch(/^Examples\n {2}x-client /);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test.for([["-V"], ["--version"]])("x-client %j", async (args) => {
  expect(await xClient(args)).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
});

test.for([
  ["request", "tcp://127.0.0.1:1", "/"],
  ["ping", "tcp://127.0.0.1:1"],
  ["ping", "tcp://127.0.0.1:1", "--path", "/p"],
  ["status", "tcp://127.0.0.1:1"],
  ["values", "tcp://127.0.0.1:1"],
  ["bench", "tcp://127.0.0.1:1", "/", "-n", "1"],
])("x-client %j: the application is not there: exit 1 and what to do", async (args) => {
  const { code, stdout, stderr } = await xClient(args);
  expect(stderr).toBe(
    "x-client: Cannot connect to tcp://127.0.0.1:1: nothing listens there; start the application, or correct the address. [FCGI_ERR_CONNECT]\n",
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});
