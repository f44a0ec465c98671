// The command x-proxy on a machine where no PHP-FPM runs, whatever runs on this one.
import { main } from "@x/proxy/cli";

await main(process.argv.slice(2), { search: { running: [] } });
