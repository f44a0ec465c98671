import type { ResolvedAccess, ResolvedBasic } from "../config/access-config.ts";
import type { Handler } from "../handlers/handler.ts";
import { AddressSet } from "../http/addresses.ts";
import { Refusal } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { PasswordChecker } from "./htpasswd.ts";
import { PasswordFile } from "./password-file.ts";

const FORBIDDEN = new Refusal(403, "The client's address may not use this route (see access).");
const BUSY = new Refusal(503, "Too many passwords are being checked.", ["Retry-After", "1"]);

/** Lets pass to a route who may use it. */
export class GuardedHandler implements Handler {
  readonly traces: true | undefined;
  readonly #next: Handler;
  readonly #allow: AddressSet | undefined;
  readonly #deny: AddressSet;
  readonly #any: boolean;
  readonly #passwords: Passwords | undefined;

  /**
   * @param next answers who may
   * @throws FastCGIError `FCGI_ERR_CONFIG` when the password file cannot be read
   */
  constructor({ allow, deny, basic, satisfy }: ResolvedAccess, next: Handler) {
    this.traces = next.traces;
    this.#next = next;
    this.#allow = allow.length === 0 ? undefined : new AddressSet(allow);
    this.#deny = new AddressSet(deny);
    this.#any = satisfy === "any";
    this.#passwords = basic && new Passwords(basic);
  }

  handle(served: ServedRequest): void {
    const { address } = served.remote;
    const good = !this.#deny.has(address) && this.#allow?.has(address) !== false;
    served.trace?.note(`access: the address ${address ?? "of a UNIX socket"} ${good ? "may" : "may not"}`);
    if (this.#passwords === undefined ? good : good && this.#any) this.#next.handle(served);
    else if (this.#passwords === undefined || (!good && !this.#any)) served.refuse(FORBIDDEN);
    else this.#passwords.ask(served, () => this.#next.handle(served));
  }
}

/** Asks for a name and its password (RFC 7617). */
class Passwords {
  readonly #realm: string;
  readonly #file: PasswordFile;
  readonly #checker = new PasswordChecker();

  constructor({ realm, file, place }: ResolvedBasic) {
    this.#realm = realm;
    this.#file = new PasswordFile(file, place);
  }

  ask(served: ServedRequest, then: () => void): void {
    const given = credentials(served.rawHeaders);
    if (given === undefined) {
      served.refuse(this.#refusal("The route needs a name and a password."));
      return;
    }
    const [name, password] = given;
    this.#file.get((table) => {
      if (served.settled) return;
      if (typeof table === "string") {
        served.refuse(new Refusal(500, `The password file ${table}`));
        return;
      }
      const answer = this.#checker.check(name, password, table);
      const decide = (right: boolean): void => this.#decide(served, name, right, then);
      if (answer === undefined) served.refuse(BUSY);
      else if (typeof answer === "boolean") decide(answer);
      else answer.then(decide, (error: unknown) => served.fail(error));
    });
  }

  #decide(served: ServedRequest, name: string, right: boolean, then: () => void): void {
    if (served.settled) return;
    if (!right) {
      served.refuse(this.#refusal("The name or the password is wrong."));
      return;
    }
    served.trace?.note(`access: the password of ${name} is right`);
    served.remoteUser = name;
    try {
      then();
    } catch (error) {
      served.fail(error);
    }
  }

  #refusal(reason: string): Refusal {
    return new Refusal(401, reason, ["WWW-Authenticate", `Basic realm="${this.#realm}", charset="UTF-8"`]);
  }
}

/** Name, in latin-1 as in the file, and password. */
function credentials(rawHeaders: readonly string[]): [name: string, password: string] | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== "authorization") continue;
    const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(rawHeaders[at + 1] ?? "")?.[1];
    const bytes = Buffer.from(encoded ?? "", "base64");
    const colon = bytes.indexOf(0x3a);
    // oxlint-disable-next-line no-control-regex -- RFC 7617 §2: no control characters
    if (colon < 1 || /[\0-\x1f\x7f]/.test(bytes.toString("latin1"))) return undefined;
    return [bytes.toString("latin1", 0, colon), bytes.toString("utf8", colon + 1)];
  }
  return undefined;
}
