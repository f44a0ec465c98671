import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { patternBytes } from "../src/application.ts";
import { giveToWebUser } from "./web-user.ts";

/** Where Debian has the framework. */
export const FRAMEWORK_BUNDLE = "/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php";

/** What `/file` gives. */
export const DATA: Buffer = patternBytes(1_000_003);

/**
 * A copy of the Symfony application with empty folders for its cache, its logs and its sessions.
 *
 * @returns the project's folder; `public` in it is the document root
 */
export function stageSymfony(folder: string): string {
  const project = join(folder, "symfony");
  cpSync(join(import.meta.dirname, "../fixtures/sites/symfony"), project, { recursive: true });
  mkdirSync(join(project, "var/sessions"), { recursive: true });
  writeFileSync(join(project, "var/data.bin"), DATA);
  // What waits in one request is let go on by another.
  execFileSync("mkfifo", [join(project, "var/gate")]);
  giveToWebUser(project);
  return project;
}
