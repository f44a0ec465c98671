import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { ResolvedAddress, ResolvedUpstream } from "../config/upstream-config.ts";
import type { Account } from "./account.ts";
import { planCommand } from "./command-plan.ts";
import { findSetpriv } from "./launcher.ts";
import { clearLeftovers } from "./leftovers.ts";
import { ManagedProcess } from "./managed-process.ts";
import type { ManagedProcessOptions, ProcessStatus } from "./managed-process.ts";
import { planPhpCgi } from "./php-cgi-plan.ts";
import { planPhpFpm } from "./php-fpm-plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { publishProcessEvent } from "./process-events.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { RunFolder, runFolderBase } from "./run-folder.ts";

/** Where the keeper of the application processes works and how patient it is. */
export interface ProcessManagerOptions {
  /** The folder of all run folders. @default see `runFolderBase` */
  readonly runFolderBase?: string;
  /** To pick the applications' environments from. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where setpriv(1) is; `false`: do as if there were none. @default looked for */
  readonly setpriv?: string | false;
  /** The user of whoever sends requests to the applications. @default ourselves @internal */
  readonly client?: Account | undefined;
  /** For tests: milliseconds that a start waits for processes. @default 10_000 */
  readonly patience?: number;
  /** For tests: times and policies of all processes. */
  readonly process?: Pick<ManagedProcessOptions, "policy" | "startTimeout" | "stopGrace">;
}

/** Milliseconds that a start waits until processes listen. */
const PATIENCE = 10_000;

/** Milliseconds that an application which outlived an earlier run gets to end. */
const STRAY_GRACE = 5_000;

/**
 * The application processes of one configuration: plans them, starts them, keeps them running, stops them. Knows nothing of
 * the gateway.
 */
export class ProcessManager {
  readonly #config: ResolvedConfig;
  readonly #options: ProcessManagerOptions;
  readonly #base: string;
  #runFolder: RunFolder | undefined;
  #processes: readonly ManagedProcess[] = [];
  readonly #upstreams = new Map<string, ResolvedUpstream>();
  readonly #onExit = (): void => this.#terminate();

  constructor(config: ResolvedConfig, options: ProcessManagerOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#base = options.runFolderBase ?? runFolderBase();
  }

  /** What is known about each process, in the order of the configuration. */
  list(): ProcessStatus[] {
    return this.#processes.map((process) => process.status);
  }

  /** The upstreams of the configuration, with what is known better because their processes are ours: address and capacity. */
  get upstreams(): ReadonlyMap<string, ResolvedUpstream> {
    return new Map([...this.#config.upstreams, ...this.#upstreams]);
  }

  /**
   * Decides everything about the processes, without starting one: users, programs, folders, sockets. Clears what killed runs
   * left behind.
   *
   * @throws `FCGI_ERR_CONFIG` for what the user must set right
   */
  async prepare(): Promise<void> {
    if (this.#config.processes.size === 0) return;
    for (const { folder, stopped } of await clearLeftovers(this.#base, STRAY_GRACE)) {
      publishProcessEvent({ type: "leftover", folder, stopped });
    }
    const plans = this.#plans();
    const folder = this.#folder();
    const { process } = this.#options;
    const record: ManagedProcessOptions["record"] = (name, identity) => folder.record(name, identity);
    this.#processes = plans.map((plan) => new ManagedProcess({ ...process, plan, record }));
  }

  /**
   * Starts all processes. Resolves when each listens or has failed once, and after 10 s whatever they do: one slow application must not
   * keep the others from being served. Those that failed are tried again.
   */
  async start(): Promise<void> {
    // Without setpriv nobody else ends them when this program leaves by process.exit().
    process.once("exit", this.#onExit);
    const settled = Promise.all(this.#processes.map((process) => process.start()));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.patience ?? PATIENCE);
    });
    await Promise.race([settled, patience]);
    clearTimeout(timer);
  }

  /**
   * Ends all processes for good and removes the run folder.
   *
   * @param cut SIGKILL at once; otherwise SIGTERM first. Cutting while an orderly stop is under way hastens it
   */
  async stop(cut = false): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop(cut)));
    process.off("exit", this.#onExit);
    this.#runFolder?.remove();
  }

  #plans(): ProcessPlan[] {
    const setpriv = this.#options.setpriv ?? findSetpriv();
    const context: PlanContext = {
      config: this.#config,
      environment: this.#options.environment ?? process.env,
      setpriv: setpriv === false ? undefined : setpriv,
      runFolder: () => this.#folder(),
      client: this.#options.client,
    };
    const addresses = new AddressesInTurn(this.#config.upstreams);
    return [...this.#config.processes.values()].map((wanted) => {
      const address = addresses.next(wanted.upstream);
      if (wanted.kind === "command") return planCommand(wanted, address?.address, context);
      const { plan, capacity } =
        wanted.kind === "php-fpm" ? planPhpFpm(wanted, address, context) : planPhpCgi(wanted, address, context);
      this.#learn(wanted.upstream, address, {
        multiplex: 1,
        connections: undefined,
        weight: 1,
        backup: false,
        ...address,
        address: plan.address,
        capacity,
      });
      return plan;
    });
  }

  /** Puts what is known now about an address in the place of what the configuration says. */
  #learn(name: string, before: ResolvedAddress | undefined, now: ResolvedAddress): void {
    const upstream = this.#upstreams.get(name) ?? this.#config.upstreams.get(name);
    if (upstream === undefined) return;
    const others = upstream.addresses.filter((address) => address !== before);
    this.#upstreams.set(name, { ...upstream, addresses: [...others, now] });
  }

  #folder(): RunFolder {
    this.#runFolder ??= new RunFolder(this.#base);
    return this.#runFolder;
  }

  /** The run folder stays: the next start finds in it who did not obey. */
  #terminate(): void {
    for (const process of this.#processes) process.terminate();
  }
}

/** The first process of an upstream listens on its first address, the second on the second, and so on. */
class AddressesInTurn {
  readonly #upstreams: ReadonlyMap<string, ResolvedUpstream>;
  readonly #given = new Map<string, number>();

  constructor(upstreams: ReadonlyMap<string, ResolvedUpstream>) {
    this.#upstreams = upstreams;
  }

  next(upstream: string): ResolvedAddress | undefined {
    const index = this.#given.get(upstream) ?? 0;
    this.#given.set(upstream, index + 1);
    return this.#upstreams.get(upstream)?.addresses[index];
  }
}
