import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { expandConfig } from "../../src/config/expand.ts";
import { listPhp } from "../../src/processes/php-program.ts";
import { ProcessManager } from "../../src/processes/process-manager.ts";
import { fastcgiRequest } from "../support/fastcgi-request.ts";
import { needs } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts a PHP, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** PHP's own limits, which would hold if nothing were said, are 8 MiB for a body and 2 MiB for a file in it. */
const FILE_BYTES = 9 * 1_048_576;

const SCRIPT = `<?php
$file = $_FILES["upload"] ?? [];
echo json_encode([
  "post_max_size" => ini_get("post_max_size"), "upload_max_filesize" => ini_get("upload_max_filesize"),
  "error" => $file["error"] ?? null, "size" => $file["size"] ?? null, "field" => $_POST["field"] ?? null,
]);`;

for (const kind of ["php-fpm", "php-cgi"] as const) {
  const uploadTo = async (body: number | false): Promise<unknown> => {
    const root = join(temporaryFolder(), "site");
    mkdirSync(root, { mode: 0o755 });
    writeFileSync(join(root, "upload.php"), SCRIPT, { mode: 0o644 });
    const config = expandConfig({
      root,
      upstreams: { php: { capacity: 2 } },
      processes: { php: { kind, upstream: "php" } },
      routes: [{ php: "php" }],
      limits: { body },
    });
    const processes = new ProcessManager(config, { runFolderBase: join(temporaryFolder(), "run") });
    onTestFinished(() => processes.stop(true));
    await processes.prepare();
    await processes.start();
    const form = [
      '--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue',
      `--b\r\nContent-Disposition: form-data; name="upload"; filename="a.bin"\r\n\r\n${"x".repeat(FILE_BYTES)}`,
      "--b--\r\n",
    ].join("\r\n");
    const params = {
      SCRIPT_FILENAME: join(root, "upload.php"),
      SCRIPT_NAME: "/upload.php",
      REQUEST_URI: "/upload.php",
      CONTENT_TYPE: "multipart/form-data; boundary=b",
    };
    const answer = await fastcgiRequest(processes.list()[0]?.address ?? "", params, form);
    return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
  };

  test(`no limit on bodies is none in ${kind} either: its 0 means any size`, async (context) => {
    needs(context, kind, listPhp(kind).length > 0);
    expect(await uploadTo(false)).toEqual({
      post_max_size: "0",
      upload_max_filesize: "0",
      error: 0,
      size: FILE_BYTES,
      field: "value",
    });
  });

  test(`a limit on bodies is that of ${kind} too, above PHP's own`, async (context) => {
    needs(context, kind, listPhp(kind).length > 0);
    const limit = FILE_BYTES + 1_000;
    expect(await uploadTo(limit)).toEqual({
      post_max_size: String(limit),
      upload_max_filesize: String(limit),
      error: 0,
      size: FILE_BYTES,
      field: "value",
    });
  });
}
