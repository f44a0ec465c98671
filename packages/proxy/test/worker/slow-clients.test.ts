import { listenByWorker } from "../support/http-server.ts";
import { slowClientsSuite } from "../support/slow-clients-suite.ts";

slowClientsSuite(listenByWorker);
