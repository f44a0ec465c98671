import { spawn } from "node:child_process";
import dns from "node:dns/promises";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net, { createServer } from "node:net";
import { join } from "node:path";

import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";

import { serve } from "../src/index.ts";
import type { FastCGIServer, ServerOptions } from "../src/index.ts";
import { temporaryFolder } from "./support/application.ts";
import { FrontEnd } from "./support/front-end.ts";
import { hasIPv6 } from "./support/ipv6.ts";

function listenOn(options: ServerOptions): FastCGIServer {
  const server = serve({ signals: false, ...options, handler: (_request, response) => void response.end("up\n") });
  onTestFinished(() => server.destroy());
  return server;
}

async function answers(address: string): Promise<string> {
  const frontEnd = await FrontEnd.connect(address);
  onTestFinished(() => frontEnd.destroy());
  return (await frontEnd.exchange(1, { keepConn: false })).body;
}

const refusal = (message: string | RegExp, code = "FCGI_ERR_LISTEN"): unknown =>
  expect.objectContaining({
    code,
    message: (typeof message === "string"
      ? expect.stringContaining(message)
      : expect.stringMatching(message)) as string,
  });

/** Leaves a socket file behind as a killed process does. */
async function deadSocket(path: string): Promise<void> {
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["--eval", code], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  child.kill("SIGKILL");
  await exited;
  expect(lstatSync(path).isSocket()).toBe(true);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a UNIX socket", () => {
  test("[P3] answers, and its file goes when the server closes", async () => {
    const path = join(temporaryFolder(), "app.sock");
    const server = listenOn({ listen: `unix:${path}` });
    expect(server.address).toBeUndefined();
    expect(await server.ready).toBe(`unix:${path}`);
    expect(server.address).toBe(`unix:${path}`);
    expect(await answers(`unix:${path}`)).toBe("up\n");
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test.for([
    [undefined, 0o660],
    [0o600, 0o600],
    [0o666, 0o666],
    [0o777, 0o777],
  ] as const)("[TJ01] mode %o gives the file %o, whatever the umask", async ([mode, expected]) => {
    for (const umask of [0o022, 0o077, 0o000]) {
      const before = process.umask(umask);
      const path = join(temporaryFolder(), "app.sock");
      const server = listenOn({ listen: `unix:${path}`, ...(mode === undefined ? {} : { mode }) });
      await server.ready;
      expect(lstatSync(path).mode & 0o777).toBe(expected);
      expect(process.umask(before)).toBe(umask);
    }
  });

  test("[TJ01] the file has its mode from the first moment it exists", async () => {
    const folder = temporaryFolder();
    const modes = new Set<number>();
    const server = listenOn({ listen: `unix:${join(folder, "app.sock")}` });
    const look = (): void => {
      for (const name of readdirSync(folder)) modes.add(lstatSync(join(folder, name)).mode & 0o777);
    };
    let listening = false;
    void server.ready.then(() => {
      listening = true;
    });
    while (!listening) {
      look();
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    look();
    expect([...modes]).toEqual([0o660]);
  });

  test("[TJ02] a dead socket file is replaced", async () => {
    const path = join(temporaryFolder(), "app.sock");
    await deadSocket(path);
    await listenOn({ listen: `unix:${path}` }).ready;
    expect(await answers(`unix:${path}`)).toBe("up\n");
  });

  test("[TJ02] a socket that somebody listens on is not", async () => {
    const path = join(temporaryFolder(), "app.sock");
    await listenOn({ listen: `unix:${path}` }).ready;
    const before = lstatSync(path).ino;
    await expect(listenOn({ listen: `unix:${path}` }).ready).rejects.toThrow(
      refusal(`Another process is listening on ${path}`),
    );
    expect(lstatSync(path).ino).toBe(before);
    expect(await answers(`unix:${path}`)).toBe("up\n");
  });

  test("[TJ02] nor is anything that is no socket", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "precious");
    mkdirSync(join(folder, "folder"));
    symlinkSync(join(folder, "file"), join(folder, "link"));
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
    for (const name of ["file", "folder", "link", "dangling"]) {
      await expect(listenOn({ listen: `unix:${join(folder, name)}` }).ready).rejects.toThrow(refusal("is no socket"));
    }
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("precious");
    expect(readdirSync(folder).toSorted()).toEqual(["dangling", "file", "folder", "link"]);
  });

  test("[TJ02] a link to a dead socket is left alone", async () => {
    const folder = temporaryFolder();
    await deadSocket(join(folder, "dead"));
    symlinkSync(join(folder, "dead"), join(folder, "link"));
    await expect(listenOn({ listen: `unix:${join(folder, "link")}` }).ready).rejects.toThrow(refusal("is no socket"));
    expect(lstatSync(join(folder, "dead")).isSocket()).toBe(true);
  });

  test("[TJ02] a socket that cannot be shown to be dead is left alone", async () => {
    const path = join(temporaryFolder(), "app.sock");
    await deadSocket(path);
    vi.spyOn(net, "connect").mockImplementation(() => {
      const socket = new net.Socket();
      process.nextTick(() => socket.emit("error", Object.assign(new Error("wrong type"), { code: "EPROTOTYPE" })));
      return socket;
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    await expect(listenOn({ listen: `unix:${path}` }).ready).rejects.toThrow(refusal("may be in use (EPROTOTYPE)"));
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test("a folder that is missing is named as such", async () => {
    const path = join(temporaryFolder(), "missing", "app.sock");
    await expect(listenOn({ listen: `unix:${path}` }).ready).rejects.toThrow(
      refusal(/the folder .*\/missing does not exist/),
    );
  });

  test("[TJ03] a path of more than 107 bytes is refused, not cut", () => {
    expect(() => listenOn({ listen: `unix:/${"x".repeat(107)}` })).toThrow(
      refusal("107 are the most", "FCGI_ERR_BAD_ADDRESS"),
    );
    expect(() => listenOn({ listen: `unix:./${"x".repeat(104)}` })).toThrow(
      refusal("107 are the most", "FCGI_ERR_BAD_ADDRESS"),
    );
  });

  test("a relative path is found from the folder of the start, and removed by it", async () => {
    const folder = temporaryFolder();
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
    const server = listenOn({ listen: "unix:app.sock" });
    cwd.mockRestore();
    expect(await server.ready).toBe(`unix:${join(folder, "app.sock")}`);
    await server.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("[P4] a list of allowed peers leaves nobody who could connect, so the start fails", () => {
    const listen = `unix:${join(temporaryFolder(), "app.sock")}`;
    expect(() => listenOn({ listen, allowedPeers: ["10.0.0.1"] })).toThrow(
      refusal("allowedPeers lets only TCP peers in"),
    );
    vi.stubEnv("FCGI_WEB_SERVER_ADDRS", "127.0.0.1");
    expect(() => listenOn({ listen })).toThrow(refusal("FCGI_WEB_SERVER_ADDRS lets only TCP peers in"));
  });
});

describe("the abstract namespace", () => {
  const name = `responder-test-${process.pid}`;

  test("[TJ04] is refused unless it is allowed", () => {
    expect(() => listenOn({ listen: `unix:@${name}` })).toThrow(refusal("set allowAbstract"));
  });

  test.runIf(process.platform === "linux")("[TJ04] works when it is", async () => {
    const server = listenOn({ listen: `unix:@${name}`, allowAbstract: true });
    expect(await server.ready).toBe(`unix:@${name}`);
    expect(await answers(`unix:@${name}`)).toBe("up\n");
    await expect(listenOn({ listen: `unix:@${name}`, allowAbstract: true }).ready).rejects.toThrow(
      refusal("another process is listening there"),
    );
  });
});

describe("TCP", () => {
  test.for(["tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0"])(
    "[P3][V26] %s answers",
    async (listen, { skip }) => {
      skip(listen.includes("::1") && !hasIPv6, "no IPv6 on this machine");
      const address = await listenOn({ listen }).ready;
      expect(address).toMatch(/^tcp:\/\/.+:[1-9]\d*$/);
      expect(await answers(address)).toBe("up\n");
    },
  );

  test.for(["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://10.255.255.1:9000"])(
    "[TF33][V26] %s is refused without a list of allowed peers",
    (listen) => {
      expect(() => listenOn({ listen })).toThrow(refusal("list the web servers in allowedPeers"));
    },
  );

  test("[TF33] a name is judged by its address", async () => {
    vi.spyOn(dns, "lookup").mockResolvedValue({ address: "10.1.2.3", family: 4 });
    syncBuiltinESMExports();
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    await expect(listenOn({ listen: "tcp://app.example:0" }).ready).rejects.toThrow(
      refusal("reached from other machines"),
    );
  });

  test("[TF33][P4] with a list, peers on it are served and all others closed before a byte", async () => {
    const open = listenOn({ listen: "tcp://0.0.0.0:0", allowedPeers: ["127.0.0.1", "10.0.0.0/8"] });
    const port = (await open.ready).split(":").at(-1);
    expect(await answers(`tcp://127.0.0.1:${port}`)).toBe("up\n");

    const closed = listenOn({ listen: "tcp://127.0.0.1:0", allowedPeers: ["10.0.0.0/8"] });
    const stranger = await FrontEnd.connect(await closed.ready);
    stranger.send(Buffer.from("anything"));
    await stranger.ended;
    expect(stranger.bytesRead).toBe(0);
    expect(closed.stats).toMatchObject({ refusedConnections: 1, totalConnections: 0 });
  });

  test("[P4][P5] FCGI_WEB_SERVER_ADDRS is obeyed, also when IPv4 comes by an IPv6 socket", async ({ skip }) => {
    skip(!hasIPv6, "no IPv6 on this machine");
    vi.stubEnv("FCGI_WEB_SERVER_ADDRS", "127.0.0.1");
    const port = (await listenOn({ listen: "tcp://[::]:0" }).ready).split(":").at(-1);
    expect(await answers(`tcp://127.0.0.1:${port}`)).toBe("up\n");
    const stranger = await FrontEnd.connect(`tcp://[::1]:${port}`);
    await stranger.ended;
    expect(stranger.bytesRead).toBe(0);
  });

  test("[P5] a list that cannot be read stops the start", () => {
    vi.stubEnv("FCGI_WEB_SERVER_ADDRS", "127.0.0.1,*");
    expect(() => listenOn({ listen: "tcp://127.0.0.1:0" })).toThrow(refusal('FCGI_WEB_SERVER_ADDRS has "*"'));
  });

  test("a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(listenOn({ listen: `tcp://127.0.0.1:${port}` }).ready).rejects.toThrow(
      refusal(`Cannot listen on tcp://127.0.0.1:${port}: another process is listening there`),
    );
  });

  test("an address that is not this machine's", async () => {
    await expect(listenOn({ listen: "tcp://192.0.2.1:0", allowedPeers: ["10.0.0.1"] }).ready).rejects.toThrow(
      refusal("does not have that address"),
    );
  });

  test("a name that nobody knows", async () => {
    // Not asked of the network: without one, an answer may take longer than any test.
    vi.spyOn(dns, "lookup").mockRejectedValue(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }));
    syncBuiltinESMExports();
    onTestFinished(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    await expect(listenOn({ listen: "tcp://no-such-host.invalid:0" }).ready).rejects.toThrow(
      refusal("the name no-such-host.invalid is not known here"),
    );
  });
});

test.for(["127.0.0.1:9000", "/run/app.sock", ":9000", "http://localhost", "unix:", "tcp://127.0.0.1:99999", "fd:x"])(
  "the address %o is refused with the right spelling",
  (listen) => {
    expect(() => listenOn({ listen })).toThrow(refusal(/(unix|tcp|fd):/, "FCGI_ERR_BAD_ADDRESS"));
  },
);

test("fd:N that is no socket", () => {
  expect(() => listenOn({ listen: "fd:997" })).toThrow(refusal("File descriptor 997 is no socket"));
});
