#!/usr/bin/env node
// An old Node must get as far as the sentence below, so this file is ES5 and loads the rest by import().
"use strict";

var MINIMUM = "22.18.0";
// The first release of each line without known security holes that reach this program.
var SECURITY_FLOOR = { 22: "22.23.2", 24: "24.18.1", 26: "26.5.1" };

function isBefore(version, other) {
  var a = version.split(".").map(Number);
  var b = other.split(".").map(Number);
  for (var i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}

var version = process.versions.node.split("-")[0];
var floor = SECURITY_FLOOR[parseInt(version, 10)];

if (isBefore(version, MINIMUM)) {
  process.stderr.write(
    "x-responder needs Node " + MINIMUM + " or newer, and this is Node " + version + ": please install a newer one.\n",
  );
  process.exitCode = 2;
} else {
  if (floor && isBefore(version, floor)) {
    process.stderr.write(
      "x-responder: warning: Node " + version + " has known security holes, please use " + floor + " or newer.\n",
    );
  }
  import("@x/responder/cli")
    .then(function (cli) {
      return cli.main(process.argv.slice(2));
    })
    .catch(function (error) {
      console.error(error);
      process.exitCode = 1;
    });
}
