#!/usr/bin/env node
// What x-proxy starts when root started it: its worker, which gives up root's rights and serves on the sockets that it inherits.
// Of no use alone. x-proxy has looked at the version of Node.
"use strict";

import("@x/proxy/cli")
  .then(function (cli) {
    return cli.runWorker();
  })
  .catch(function (error) {
    console.error(error);
    process.exitCode = 1;
  });
