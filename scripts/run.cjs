// `npm start`, `npm test` and `npm run test:sites` in a fresh clone, with nothing installed but Node 20 or newer and npm.
// Brings the pinned pnpm, installs what the lockfile says, and runs the rest on the workspace's own Node.
// Plain JavaScript, so that an old Node gets as far as the sentence that says it is too old.
"use strict";

var childProcess = require("child_process");
var crypto = require("crypto");
var fs = require("fs");
var os = require("os");
var path = require("path");

var root = path.join(__dirname, "..");
var modules = path.join(root, "node_modules");
var node = path.join(modules, ".bin", "node");
var programs = {
  start: "apps/demo/src/start.ts",
  test: "scripts/test.ts",
  "test:sites": "scripts/test-sites.ts",
};

function fail(sentence, code) {
  console.error(sentence);
  process.exit(code);
}

/** The folder of the pinned pnpm, which npx downloads once. Turbo looks for pnpm on the PATH. */
function pnpmFolder() {
  var manager = require("../package.json").packageManager;
  var found = childProcess.spawnSync("npx", ["-y", "-p", manager, "-c", "command -v pnpm"], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (found.status !== 0) fail("npx could not get " + manager + ": is the npm registry reachable?", 1);
  return path.dirname(found.stdout.trim());
}

function addToPath(folder) {
  process.env.PATH = folder + path.delimiter + process.env.PATH;
}

/** Changes when an install would do something. */
function installStamp() {
  var hash = crypto.createHash("sha256");
  ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"].forEach(function (file) {
    hash.update(fs.readFileSync(path.join(root, file)));
  });
  return hash.digest("hex");
}

function install(needsPnpm) {
  var stampFile = path.join(modules, ".x-installed");
  var stamp = installStamp();
  var current = fs.existsSync(node) && fs.existsSync(stampFile) && fs.readFileSync(stampFile, "utf8") === stamp;
  if (!current || needsPnpm) addToPath(pnpmFolder());
  if (current) return;
  console.log("Installing the workspace (the first time takes a minute or two) ...");
  var args = ["install", "--frozen-lockfile", "--reporter=append-only", "--config.confirm-modules-purge=false"];
  var installed = childProcess.spawnSync("pnpm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (installed.status !== 0) {
    fail(
      installed.stdout +
        installed.stderr +
        "\npnpm install failed. After a change of a package.json run `pnpm install` first.",
      1,
    );
  }
  fs.writeFileSync(stampFile, stamp);
}

// Most of a start is reading TypeScript, and tests start hundreds of programs.
process.env.NODE_COMPILE_CACHE = path.join(modules, ".cache", "node");

/** Runs the program as this process: same terminal, same signals, same exit code. */
function become(file, args) {
  addToPath(path.join(modules, ".bin"));
  var child = childProcess.spawn(node, [path.join(root, file)].concat(args), { stdio: "inherit" });
  // A terminal signals the whole foreground group, the child with it: passed on, it would count twice.
  var terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  ["SIGINT", "SIGHUP", "SIGTERM"].forEach(function (signal) {
    process.on(signal, function () {
      if (!terminal || signal === "SIGTERM") child.kill(signal);
    });
  });
  // npm dies of a SIGHUP or SIGKILL without a word to us: whoever lost npm ends too.
  var npm = process.ppid;
  setInterval(function () {
    if (process.ppid !== npm) child.kill("SIGTERM");
  }, 500);
  child.on("exit", function (code, signal) {
    process.exit(signal ? 128 + os.constants.signals[signal] : code);
  });
}

if (parseInt(process.versions.node, 10) < 20) {
  fail("This repository needs Node 20 or newer to set itself up, and this is Node " + process.versions.node + ".", 2);
}
var command = process.argv[2];
install(command === "test");
become(programs[command], process.argv.slice(3));
