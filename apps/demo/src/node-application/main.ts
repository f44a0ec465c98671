// The Node application: a process of its own that answers FastCGI requests on its own socket.
import { serve } from "@x/responder";

import { requiredArgument } from "../application/required-argument.ts";
import { Served } from "../application/served.ts";
import { answer } from "./answer.ts";

const served = new Served();

serve({
  listen: requiredArgument(1, "the address to listen on"),
  handler: (request, response) => {
    served.count();
    answer(request, response, served);
  },
  // A clock that somebody looks at never ends by itself.
  grace: 1_000,
});
