import { listenByNode } from "../support/http-server.ts";
import { requestSuite } from "../support/request-suite.ts";
import { responseSuite } from "../support/response-suite.ts";

responseSuite(listenByNode, true);
requestSuite(listenByNode, true);
