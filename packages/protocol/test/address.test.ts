import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { formatAddress, formatApplicationAddress, parseAddress, parseApplicationAddress } from "../src/address.ts";
import type { Address, ParseAddressOptions } from "../src/address.ts";
import { isFastCGIError } from "../src/errors.ts";

const EXAMPLE = "an address looks like unix:/run/app.sock or tcp://127.0.0.1:9000";
const LISTENING: ParseAddressOptions = { fd: true, ephemeral: true };

type Parse = (text: string, options?: ParseAddressOptions) => unknown;

function messageOf(text: string, options?: ParseAddressOptions, parse: Parse = parseAddress): string {
  try {
    parse(text, options);
  } catch (error) {
    if (!isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS")) throw error;
    expect(error.phase).toBe("configure");
    return error.message;
  }
  throw new Error(`${text} was taken`);
}

describe("good addresses", () => {
  test.each<[string, Address, string?]>([
    ["unix:/run/app.sock", { kind: "unix", path: "/run/app.sock" }],
    ["unix:/run/my app:1.sock", { kind: "unix", path: "/run/my app:1.sock" }],
    ["unix:/run/é.sock", { kind: "unix", path: "/run/é.sock" }],
    ["unix:app.sock", { kind: "unix", path: "app.sock" }],
    ["unix:../app.sock", { kind: "unix", path: "../app.sock" }],
    ["unix:./@x", { kind: "unix", path: "./@x" }],
    [`unix:/${"a".repeat(106)}`, { kind: "unix", path: `/${"a".repeat(106)}` }],
    ["unix:@app", { kind: "abstract", name: "app" }],
    ["unix:@/run/app@1", { kind: "abstract", name: "/run/app@1" }],
    [`unix:@${"a".repeat(107)}`, { kind: "abstract", name: "a".repeat(107) }],
    ["tcp://127.0.0.1:9000", { kind: "tcp", host: "127.0.0.1", port: 9000 }],
    ["tcp://LocalHost:1", { kind: "tcp", host: "localhost", port: 1 }, "tcp://localhost:1"],
    ["tcp://php_fpm-1.internal.:65535", { kind: "tcp", host: "php_fpm-1.internal.", port: 65_535 }],
    ["tcp://[::1]:9000", { kind: "tcp", host: "::1", port: 9000 }],
    ["tcp://[2001:DB8::1:2]:9000", { kind: "tcp", host: "2001:db8::1:2", port: 9000 }, "tcp://[2001:db8::1:2]:9000"],
    ["tcp://[1:2:3:4:5:6:7:8]:9", { kind: "tcp", host: "1:2:3:4:5:6:7:8", port: 9 }],
    ["tcp://[1:2:3:4:5:6:7::]:9", { kind: "tcp", host: "1:2:3:4:5:6:7::", port: 9 }],
    ["tcp://[::ffff:10.0.0.1]:9", { kind: "tcp", host: "::ffff:10.0.0.1", port: 9 }],
    ["tcp://[::]:9", { kind: "tcp", host: "::", port: 9 }],
    ["tcp://[FE80::1%Eth0]:9", { kind: "tcp", host: "fe80::1%Eth0", port: 9 }, "tcp://[fe80::1%Eth0]:9"],
  ])("%s", (text, address, canonical = text) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(canonical);
    expect(parseAddress(canonical)).toEqual(address);
  });

  test("that can only be listened on are taken when asked for", () => {
    expect(parseAddress("fd:0", { fd: true })).toEqual({ kind: "fd", fd: 0 });
    expect(parseAddress("fd:13", { fd: true })).toEqual({ kind: "fd", fd: 13 });
    expect(formatAddress({ kind: "fd", fd: 13 })).toBe("fd:13");
    expect(parseAddress("tcp://[::]:0", { ephemeral: true })).toEqual({ kind: "tcp", host: "::", port: 0 });
    expect(parseAddress("tcp://127.0.0.1:0", LISTENING)).toEqual({ kind: "tcp", host: "127.0.0.1", port: 0 });
  });
});

describe("the text of a path that looks like something else", () => {
  test.each([
    ["@x", "unix:./@x"],
    ["//run/x", "unix:/run/x"],
  ])("%s is %s", (path, text) => {
    expect(formatAddress({ kind: "unix", path })).toBe(text);
    expect(parseAddress(text).kind).toBe("unix");
  });
});

describe("what people paste is answered with the right spelling", () => {
  test.each([
    ["/run/app.sock", "unix:/run/app.sock"],
    ["./app.sock", "unix:./app.sock"],
    ["../app", "unix:../app"],
    ["app.sock", "unix:app.sock"],
    ["run/app.socket", "unix:run/app.socket"],
    ["@app", "unix:@app"],
    ["127.0.0.1:9000", "tcp://127.0.0.1:9000"],
    ["localhost:9000", "tcp://localhost:9000"],
    ["localhost", "tcp://localhost:9000"],
    ["[::1]:9000", "tcp://[::1]:9000"],
    ["::1:9000", "tcp://[::1]:9000"],
    [":9000", "tcp://127.0.0.1:9000"],
    ["9000", "tcp://127.0.0.1:9000"],
    ["*:9000", "tcp://0.0.0.0:9000"],
    ["fcgi://127.0.0.1:9000", "tcp://127.0.0.1:9000"],
    ["fcgi://app:9000/", "tcp://app:9000"],
    ["fastcgi://app:9000/path?query", "tcp://app:9000"],
    ["fcgi:///run/app.sock", "unix:/run/app.sock"],
    ["fcgi:/run/app.sock", "unix:/run/app.sock"],
    ["http://app:8080/", "tcp://app:8080"],
    ["tcp:app:9000", "tcp://app:9000"],
    ["TCP://app:9000", "tcp://app:9000"],
    ["UNIX:/run/app.sock", "unix:/run/app.sock"],
    ["unix//run/app.sock", "unix:/run/app.sock"],
    ["fastcgi://unix:/run/app.sock", "unix:/run/app.sock"],
    ["proxy:unix:/run/app.sock|fcgi://localhost", "unix:/run/app.sock"],
    ["fd", "tcp://fd:9000"],
  ])("%s → %s", (text, right) => {
    expect(messageOf(text)).toBe(`The address "${text}" does not begin with unix: or tcp://; write "${right}".`);
  });

  test.each([
    ["unix:///run/app.sock", "has slashes after unix: that belong to no path", "unix:/run/app.sock"],
    ["unix://run/app.sock", "has slashes after unix: that belong to no path", "unix:/run/app.sock"],
    ["tcp://", "has no host", "tcp://127.0.0.1:9000"],
    ["tcp://:9000", "has no host", "tcp://127.0.0.1:9000"],
    ["tcp://*:9000", 'has the host "*", which is neither a name nor an IP address', "tcp://0.0.0.0:9000"],
    ["tcp://app", "has no port", "tcp://app:9000"],
    ["tcp://app:", "has no port", "tcp://app:9000"],
    ["tcp://[::1]", "has no port", "tcp://[::1]:9000"],
    ["tcp://::1:9000", "has an IPv6 address without brackets", "tcp://[::1]:9000"],
    ["tcp://app:9000/", "goes on after the port", "tcp://app:9000"],
    ["tcp://app:9000?x", "goes on after the port", "tcp://app:9000"],
    ["tcp://app:09000", 'has the port "09000", which is no number from 1 to 65535', "tcp://app:9000"],
    ["FD:0", "does not begin with unix: or tcp:// or fd:", "fd:0"],
  ])("%s %s → %s", (text, problem, right) => {
    expect(messageOf(text, LISTENING)).toBe(`The address "${text}" ${problem}; write "${right}".`);
  });

  test("also with white space around it", () => {
    expect(messageOf(" unix:/run/app.sock\n")).toBe(
      String.raw`The address " unix:/run/app.sock\n" has white space around it; write "unix:/run/app.sock".`,
    );
  });
});

describe("what has no obvious right spelling is answered with an example", () => {
  test.each([
    ["", "is empty"],
    ["unix:", "has no path after unix:"],
    ["unix:@", "has no name after unix:@"],
    [`unix:/${"a".repeat(107)}`, "has a path of 108 bytes, and 107 are the most for a socket"],
    [`unix:/${"é".repeat(54)}`, "has a path of 109 bytes, and 107 are the most for a socket"],
    [`unix:/${"😀".repeat(27)}`, "has a path of 109 bytes, and 107 are the most for a socket"],
    [`unix:@${"€".repeat(36)}`, "has a name of 108 bytes, and 107 are the most for a socket"],
    ["tcp://app:0", "has port 0, on which one can listen but not call"],
    ["tcp://app:65536", 'has the port "65536", which is no number from 1 to 65535'],
    ["tcp://app:99999999999", 'has the port "99999999999", which is no number from 1 to 65535'],
    ["tcp://app:-1", 'has the port "-1", which is no number from 1 to 65535'],
    ["tcp://app:9e3", 'has the port "9e3", which is no number from 1 to 65535'],
    ["tcp://256.0.0.1:9000", 'has the host "256.0.0.1", which is no IPv4 address'],
    ["tcp://127.1:9000", 'has the host "127.1", which is no IPv4 address'],
    ["tcp://010.0.0.1:9000", 'has the host "010.0.0.1", which is no IPv4 address'],
    ["tcp://0x7f.0.0.1:9000", 'has the host "0x7f.0.0.1", which is no IPv4 address'],
    ["tcp://2130706433:9000", 'has the host "2130706433", which is no IPv4 address'],
    ["tcp://a..b:9000", 'has the host "a..b", which is neither a name nor an IP address'],
    ["tcp://user@app:9000", 'has the host "user@app", which is neither a name nor an IP address'],
    ["tcp://café:9000", 'has the host "café", which is neither a name nor an IP address'],
    [`tcp://${"a".repeat(64)}:9000`, `has the host "${"a".repeat(64)}", which is neither a name nor an IP address`],
    ["tcp://[::zz]:9000", 'has brackets around "::zz", which is no IPv6 address'],
    ["tcp://[1:2:3:4:5:6:7]:9000", 'has brackets around "1:2:3:4:5:6:7", which is no IPv6 address'],
    ["tcp://[1:2:3:4:5:6:7:8:9]:9000", 'has brackets around "1:2:3:4:5:6:7:8:9", which is no IPv6 address'],
    ["tcp://[1::2::3]:9000", 'has brackets around "1::2::3", which is no IPv6 address'],
    ["tcp://[1:2:3::4:5:6::7:8]:9000", 'has brackets around "1:2:3::4:5:6::7:8", which is no IPv6 address'],
    ["tcp://[:::]:9000", 'has brackets around ":::", which is no IPv6 address'],
    ["tcp://[1.2.3.4::]:9000", 'has brackets around "1.2.3.4::", which is no IPv6 address'],
    ["tcp://[fe80::1%]:9000", 'has brackets around "fe80::1%", which is no IPv6 address'],
    ["tcp://[127.0.0.1]:9000", 'has brackets around "127.0.0.1", which is no IPv6 address'],
    ["tcp://[]:9000", "has no host"],
    ["tcp://[::1", "has a bracket that does not end right before the port"],
    ["tcp://[::1]9000", "has a bracket that does not end right before the port"],
    ["fd:0", "is a socket that is open already, on which one can listen but not call"],
    ["fd:x", "has no number of a file descriptor after fd:"],
    ["fd:", "has no number of a file descriptor after fd:"],
    ["fd:01", "has no number of a file descriptor after fd:"],
    ["scgi+unix:/run/app.sock", "is of an application that speaks SCGI, and here FastCGI is spoken"],
    ["scgi+tcp://127.0.0.1:9000", "is of an application that speaks SCGI, and here FastCGI is spoken"],
    ["scgi://app:9000", "does not begin with unix: or tcp://"],
    ["hello world", "does not begin with unix: or tcp://"],
  ])("%s %s", (text, problem) => {
    expect(messageOf(text)).toBe(`The address ${JSON.stringify(text)} ${problem}; ${EXAMPLE}.`);
  });

  test("and with one more when it is for listening", () => {
    expect(messageOf("", LISTENING)).toBe(`The address "" is empty; ${EXAMPLE} or fd:0.`);
  });

  test.each(["unix:/a\0b", "unix:/a\nb", "unix:@a\x1b", "tcp://a\x7f:9000"])("%j has a control character", (text) => {
    expect(messageOf(text)).toContain("has a control character in it");
  });

  test("even if it is not text at all", () => {
    for (const value of [undefined, null, 9000] as unknown[]) {
      expect(messageOf(value as string)).toBe(`The address ${String(value)} is not text; ${EXAMPLE}.`);
    }
  });
});

test("a message has no character that would break a line or turn it around", () => {
  const message = messageOf("tcp://a\u202eb\u0085\u2028\u2066:9000");
  expect(message).toContain(String.raw`"tcp://a\u202eb\u0085\u2028\u2066:9000"`);
  expect(messageOf("x y".repeat(1_000)).length).toBeLessThan(400);
});

describe("applications, which may speak SCGI", () => {
  test.each([
    ["unix:/a", { protocol: "fastcgi", address: { kind: "unix", path: "/a" } }],
    ["scgi+unix:/a", { protocol: "scgi", address: { kind: "unix", path: "/a" } }],
    ["scgi+unix:@a", { protocol: "scgi", address: { kind: "abstract", name: "a" } }],
    ["scgi+tcp://[::1]:4000", { protocol: "scgi", address: { kind: "tcp", host: "::1", port: 4000 } }],
    ["scgi+tcp://127.0.0.1:0", { protocol: "scgi", address: { kind: "tcp", host: "127.0.0.1", port: 0 } }],
    ["scgi+fd:0", { protocol: "scgi", address: { kind: "fd", fd: 0 } }],
  ] as const)("%s", (text, application) => {
    expect(parseApplicationAddress(text, LISTENING)).toEqual(application);
    expect(formatApplicationAddress(application)).toBe(text);
  });

  test.each([
    ["scgi+/a", "does not begin with unix: or tcp://", "scgi+unix:/a"],
    ["scgi+127.0.0.1:4000", "does not begin with unix: or tcp://", "scgi+tcp://127.0.0.1:4000"],
    ["scgi+tcp://app", "has no port", "scgi+tcp://app:9000"],
    ["SCGI+unix:/a", "does not begin with unix: or tcp://", "scgi+unix:/a"],
    ["scgi://app:4000", "does not begin with unix: or tcp://", "scgi+tcp://app:4000"],
    ["scgi:///run/app.sock", "does not begin with unix: or tcp://", "scgi+unix:/run/app.sock"],
    ["scgi:/run/app.sock", "does not begin with unix: or tcp://", "scgi+unix:/run/app.sock"],
    ["proxy:unix:/run/app.sock|scgi://localhost/", "does not begin with unix: or tcp://", "scgi+unix:/run/app.sock"],
    ["/run/app.sock", "does not begin with unix: or tcp://", "unix:/run/app.sock"],
  ])("%s %s → %s", (text, problem, right) => {
    expect(messageOf(text, {}, parseApplicationAddress)).toBe(`The address "${text}" ${problem}; write "${right}".`);
  });

  test("what has no obvious right spelling, and what is no text at all", () => {
    expect(() => parseApplicationAddress("scgi+")).toThrow(`The address "scgi+" is empty; ${EXAMPLE}.`);
    expect(() => parseApplicationAddress("scgi+fd:0")).toThrow("on which one can listen but not call");
    expect(() => parseApplicationAddress(undefined as unknown as string)).toThrow("The address undefined is not text");
  });
});

describe("properties", () => {
  const parts = [
    ..."unix: unix:@ tcp:// fd: fcgi:// proxy: | / // . .. [ ] :: : :9000 0 9000 localhost 127.0.0.1 app.sock @ % ? #".split(
      " ",
    ),
    " ",
    "\n",
    "\0",
    "é",
    "\u{1f600}",
    "\ud800",
  ];
  const text = fc.oneof(fc.string({ unit: fc.constantFrom(...parts), maxLength: 8 }), fc.string({ maxLength: 20 }));
  const options = fc.record({ fd: fc.boolean(), ephemeral: fc.boolean() });

  test("any text is an address whose own text means the same, or an error whose advice can be followed", () => {
    let taken = 0;
    let advised = 0;
    fc.assert(
      fc.property(text, options, (input, how) => {
        let message: string;
        try {
          const address = parseAddress(input, how);
          const canonical = formatAddress(address);
          expect(parseAddress(canonical, how)).toEqual(address);
          taken++;
          return;
        } catch (error) {
          if (!isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS")) throw error;
          message = error.message;
        }
        // oxlint-disable-next-line no-control-regex -- a message is one line
        expect(message).not.toMatch(/[\0-\x1f]/);
        const advice = /; write ("(?:[^"\\]|\\.)*")\.$/.exec(message)?.[1];
        if (advice === undefined) return;
        expect(() => parseAddress(JSON.parse(advice) as string, how)).not.toThrow();
        advised++;
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(10);
    expect(advised).toBeGreaterThan(10);
  });

  test("what is behind scgi+ is taken as it is without, and advice stays with the protocol", () => {
    const prefix = fc.constantFrom("", "scgi+", "SCGI+", "scgi+scgi+", "scgi:", "scgi://", "scgi");
    const outcome = (parse: () => unknown): unknown => {
      try {
        return parse();
      } catch (error) {
        if (!isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS")) throw error;
        return error.message;
      }
    };
    fc.assert(
      fc.property(prefix, text, options, (before, input, how) => {
        const alone = outcome(() => parseAddress(input, how));
        const scgi = outcome(() => parseApplicationAddress(`scgi+${input}`, how));
        expect(scgi).toEqual(typeof alone === "string" ? expect.any(String) : { protocol: "scgi", address: alone });

        const found = outcome(() => parseApplicationAddress(before + input, how));
        if (typeof found !== "string") {
          const application = found as ReturnType<typeof parseApplicationAddress>;
          expect(parseApplicationAddress(formatApplicationAddress(application), how)).toEqual(application);
          return;
        }
        const advice = /; write ("(?:[^"\\]|\\.)*")\.$/.exec(found)?.[1];
        if (advice === undefined) return;
        const { protocol } = parseApplicationAddress(JSON.parse(advice) as string, how);
        if (/^scgi[+:]/i.test(before)) expect(protocol).toBe("scgi");
      }),
      { numRuns: 3_000 },
    );
  });

  test("any IPv6 address is taken as the URL parser takes it", () => {
    const group = fc.constantFrom("0", "1", "ab", "FFFF", "12345", "g", "", "1.2.3.4");
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 9 }), (groups) => {
        const host = groups.join(":");
        const valid = URL.canParse(`http://[${host}]/`);
        let taken = true;
        try {
          parseAddress(`tcp://[${host}]:9000`);
        } catch {
          taken = false;
        }
        expect(taken).toBe(valid);
      }),
      { numRuns: 2_000 },
    );
  });
});
