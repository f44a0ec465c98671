// The command `x-proxy`, with the places where `--php auto` looks as its first argument.
import { main } from "../../src/cli/main.ts";

const [, , search = "{}", ...argv] = process.argv;
await main(argv, { search: JSON.parse(search) });
