import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { patternBytes } from "../src/application.ts";
import { giveToWebUser } from "./web-user.ts";

/** Where Debian has the framework. */
export const FRAMEWORK_BUNDLE = "/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php";

/** What `/file` gives. */
export const DATA: Buffer = patternBytes(1_000_003);

/**
 * A copy of the Symfony application of examples/many-languages with empty folders for its cache, its logs and its sessions.
 *
 * @returns the project's folder; `public` in it is the document root
 */
export function stageSymfony(folder: string): string {
  const project = join(folder, "symfony");
  cpSync(join(import.meta.dirname, "../../../examples/many-languages/symfony"), project, {
    recursive: true,
    filter: (path) => !path.endsWith("/var"),
  });
  mkdirSync(join(project, "var/sessions"), { recursive: true });
  writeFileSync(join(project, "var/data.bin"), DATA);
  giveToWebUser(project);
  return project;
}
