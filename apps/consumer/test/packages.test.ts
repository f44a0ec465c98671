import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { installPackages } from "../src/installed.ts";
import { environmentOf, nodeLines } from "../src/node-lines.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const PACKAGES = ["protocol", "client", "responder", "proxy"] as const;
const RESULT = {
  direct: "200 PUT body",
  through: "200 POST xxxxxxxxx",
  script: { scriptName: "/a.php", pathInfo: "/b" },
  error: [true, true, "FCGI_ERR_CONNECT"],
};

const folder = mkdtempSync(join(tmpdir(), "x-consumer-"));
let project: string;
let manifests: Manifest[];

beforeAll(() => {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as Manifest).version;
  const more = ["typescript", "@types/node"].map((name) => `${name}@${versionOf(name)}`);
  project = installPackages(folder, PACKAGES, more);
  cpSync(join(import.meta.dirname, "../fixtures"), project, { recursive: true });
  manifests = PACKAGES.map(
    (name) => JSON.parse(readFileSync(join(project, `node_modules/@x/${name}/package.json`), "utf8")) as Manifest,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `@x/client`, `@x/client/cli` … */
function doors(): string[] {
  return manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((door) => door !== "./package.json")
      .map((door) => name + door.slice(1)),
  );
}

test("what is installed are the packages alone, with no script to run and nothing that only a workspace knows", () => {
  for (const { name, scripts, dependencies, exports } of manifests) {
    expect(
      Object.keys(scripts ?? {}).filter((script) => /install|prepare/.test(script)),
      name,
    ).toEqual([]);
    expect(JSON.stringify(dependencies ?? {}), name).not.toMatch(/workspace:|catalog:|file:/);
    expect(JSON.stringify(exports), name).not.toContain("/src/");
    const others = Object.keys(dependencies ?? {}).filter((dependency) => !dependency.startsWith("@x/"));
    expect(name === "@x/proxy" || others.length === 0, `${name} depends on ${others.join(", ")}`).toBe(true);
  }
});

describe.each(nodeLines())("Node $version", ({ file, version }) => {
  const node = file ?? "";
  test("is here", (context) => {
    if (file !== undefined) return;
    if (process.env["CI"] === "true") throw new Error(`npx could not get node@${version}`);
    context.skip(`npx could not get node@${version}`);
  });

  describe.runIf(file !== undefined)("the packages", () => {
    const run = (script: string): { node: string; names: Record<string, string[]>; result: unknown } => {
      const { status, stdout, stderr } = spawnSync(node, [script, ...doors()], {
        cwd: project,
        encoding: "utf8",
        env: environmentOf(node),
        timeout: 100_000,
      });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      return JSON.parse(stdout) as { node: string; names: Record<string, string[]>; result: unknown };
    };

    test.each(["imports.mjs", "requires.cjs"])(
      "%s: every door has the names that it has in the sources, and they work",
      async (script) => {
        const { node, names, result } = run(script);
        expect(node).toBe(version);
        expect(result).toEqual(RESULT);
        for (const door of doors()) {
          const source = (await import(door)) as object;
          expect(names[door], door).toEqual(Object.keys(source).toSorted());
        }
      },
    );

    const npx = (...args: string[]): string =>
      execFileSync("npx", ["--no", "--", ...args], {
        cwd: project,
        encoding: "utf8",
        env: environmentOf(node),
        stdio: ["ignore", "pipe", "pipe"],
      });

    test("npx runs the commands", () => {
      expect(npx("node", "--version")).toBe(`v${version}\n`);
      const commands = manifests.flatMap(({ bin }) => Object.keys(bin ?? {}));
      expect(commands).toEqual(expect.arrayContaining(["x-client", "x-proxy"]));
      for (const command of commands) {
        expect(npx(command, "--help"), command).toMatch(new RegExp(`${command} [^]*--help`));
        expect(npx(command, "--version"), command).toMatch(/^(?:\S+ )?\d+\.\d+\.\d+\n$/);
      }
    });
  });
});

describe("types", () => {
  const compile = (file: string, module: string, moduleResolution: string, skipLibCheck: boolean): string => {
    const options = {
      module,
      moduleResolution,
      skipLibCheck,
      target: "es2023",
      strict: true,
      noEmit: true,
      types: ["node"],
    };
    const config = join(project, `tsconfig.${module}.${file}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files: [file] }));
    const { status, stdout } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", config], {
      cwd: project,
      encoding: "utf8",
    });
    return `${status}\n${stdout}`;
  };

  test.each([
    ["types.mts", "node16", "node16"],
    ["types.mts", "nodenext", "nodenext"],
    ["types.mts", "esnext", "bundler"],
    ["types.cts", "nodenext", "nodenext"],
  ])("%s with module %s and resolution %s", (file, module, moduleResolution) => {
    // Our own declarations are checked as well.
    expect(compile(file, module, moduleResolution, false)).toBe("0\n");
  });
});
