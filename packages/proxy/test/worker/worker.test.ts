import { listenByWorker } from "../support/http-server.ts";
import { requestSuite } from "../support/request-suite.ts";
import { responseSuite } from "../support/response-suite.ts";

responseSuite(listenByWorker, false);
requestSuite(listenByWorker, false);
