import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGES = join(import.meta.dirname, "../../../packages");
const EXAMPLES = join(PACKAGES, "responder/examples");

/** Where an example's configuration says that things are, and where they are in a test. */
export interface Places {
  readonly port: number;
  /** For `/run/app.sock`. */
  readonly socket: string;
  /** For `/srv/app`. */
  readonly site: string;
  /** For `127.0.0.1:9000`. */
  readonly tcp?: string;
  /** For `/usr/bin/x-responder`. */
  readonly command?: string;
}

/** What stands around a block of the responder's README in a web server's own configuration. */
const AROUND: Readonly<Record<string, (block: string) => string>> = {
  nginx: (block) => block,
  apache: (block) => `<VirtualHost *:80>\n${block}</VirtualHost>\n`,
  lighttpd: (block) => `server.port = 80\nserver.document-root = "/srv/app/public"\n${block}`,
};

/** The one block of the responder's README in a web server's language. */
function readmeConfiguration(language: string): string {
  const readme = readFileSync(join(PACKAGES, "responder/README.md"), "utf8");
  const [block, ...more] = readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  if (block === undefined || more.length > 0) throw new Error(`${more.length + 1} blocks of ${language}, or none.`);
  return AROUND[language]!(block[1]!);
}

/**
 * A configuration with the places of a test.
 *
 * @param name a file of `packages/responder/examples`, or `README.md:` and the language of a block of the responder's README
 */
export function exampleConfiguration(name: string, places: Places): string {
  const { port, socket, site, tcp = "", command = "" } = places;
  const [, language] = name.split("README.md:");
  return (language === undefined ? readFileSync(join(EXAMPLES, name), "utf8") : readmeConfiguration(language))
    .replaceAll("/run/app.sock", socket)
    .replaceAll("/usr/bin/x-responder", command)
    .replaceAll("/srv/app", site)
    .replaceAll("127.0.0.1:9000", tcp)
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace("<VirtualHost *:80>", `Listen 127.0.0.1:${port}\n<VirtualHost 127.0.0.1:${port}>`)
    .replace("server.port = 80", `server.port = ${port}\nserver.bind = "127.0.0.1"`)
    .replace("bind :80", `bind 127.0.0.1:${port}`)
    .replace(/^:80 /m, `http://127.0.0.1:${port} `);
}

/** The path of an example application. */
export function exampleApplication(name: string): string {
  return join(EXAMPLES, name);
}

/**
 * A folder that every user may read: a site with a static file and the application, and a command `x-responder`
 * beside it. Web servers that start applications do so as a user who cannot read a developer's clone.
 */
export function stageExample(
  folder: string,
  application: string = exampleApplication("app.mjs"),
): { site: string; command: string } {
  const site = join(folder, "site");
  mkdirSync(join(site, "public"), { recursive: true });
  writeFileSync(join(site, "public/index.html"), "a static page\n");
  cpSync(application, join(site, "app.mjs"));
  const scope = join(folder, "node_modules/@x");
  mkdirSync(scope, { recursive: true });
  for (const name of ["protocol", "responder"]) {
    for (const part of ["src", "package.json", ...(name === "responder" ? ["bin"] : [])]) {
      cpSync(join(PACKAGES, name, part), join(folder, name, part), { recursive: true });
    }
    // Node strips types of files outside of node_modules only, and looks at where they really are.
    symlinkSync(join(folder, name), join(scope, name));
  }
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  const command = join(folder, "x-responder");
  writeFileSync(command, `#!/bin/sh\nexec ${node} ${join(folder, "responder/bin/x-responder.cjs")} "$@"\n`);
  const cgi = join(site, "app.cgi");
  writeFileSync(cgi, `#!/bin/sh\nexec ${command} ${join(site, "app.mjs")}\n`);
  for (const program of [node, command, cgi]) chmodSync(program, 0o755);
  return { site, command };
}
