import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../bin/x-proxy.cjs", import.meta.url));

/** Runs the command as if Node were `version`. */
function run(version: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, program, "--version"];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test.each(["12.22.12", "20.20.2", "22.17.1"])("Node %s is too old: one sentence, exit code 2", (version) => {
  const sentence = `x-proxy needs Node 22.18.0 or newer, and this is Node ${version}: please install a newer one.\n`;
  expect(run(version)).toMatchObject({ status: 2, stdout: "", stderr: sentence });
});

test.each([
  ["22.18.0", "22.23.2"],
  ["24.18.0", "24.18.1"],
  ["26.0.0", "26.5.1"],
])("Node %s runs with a warning that names %s", (version, floor) => {
  const warning = `x-proxy: warning: Node ${version} has known security holes, please use ${floor} or newer.\n`;
  expect(run(version)).toMatchObject({ status: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+/), stderr: warning });
});

test.each(["24.18.1", "27.0.0"])("Node %s runs without one", (version) => {
  expect(run(version)).toMatchObject({ status: 0, stderr: "" });
});
