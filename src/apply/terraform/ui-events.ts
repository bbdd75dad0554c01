import type { Clock } from '../../clock.js';
import type { Problem } from '../../errors.js';
import type { Emit, Operation } from '../../events.js';
import type { Change } from '../../plan/plan.js';
import { type Diagnostic, diagnosticIn, parseLine, problemOf } from './diagnostics.js';

interface Hook {
  resource: { addr: string };
  action: string;
  id_value?: string;
}

const operations: readonly string[] = ['create', 'update', 'delete'] satisfies Operation[];

/** Turns lines of `apply -json` into our events. The CLI gives the cause of a failure at the end, so failures are emitted in `finish`. */
export class UiEvents {
  readonly diagnostics: Diagnostic[] = [];
  /** Output that is not in the format. */
  text = '';
  private readonly begun = new Map<string, number>();
  private readonly failures = new Map<string, Operation>();

  constructor(
    private readonly emit: Emit,
    private readonly clock: Clock,
  ) {}

  line(text: string): void {
    const line = parseLine(text);
    if (!line) {
      this.text += `${text}\n`;
      return;
    }
    const diagnostic = diagnosticIn(line);
    if (diagnostic) {
      this.diagnostics.push(diagnostic);
      if (diagnostic.severity === 'warning') this.emit({ type: 'warning', message: problemOf(diagnostic).cause });
    }
    const hook = line['hook'] as Hook | undefined;
    if (hook && operations.includes(hook.action)) this.hook(line.type, hook.resource.addr, hook.action as Operation, hook.id_value ?? '');
  }

  private hook(type: string, address: string, operation: Operation, id: string): void {
    const key = `${operation} ${address}`;
    if (type === 'apply_start') {
      this.begun.set(key, this.clock.now());
      this.emit({ type: 'resource_started', address, operation });
    } else if (type === 'apply_complete') {
      const elapsedMs = this.clock.now() - (this.begun.get(key) ?? this.clock.now());
      this.emit({ type: 'resource_done', address, operation, id, elapsedMs });
    } else if (type === 'apply_errored') this.failures.set(address, operation);
  }

  /** Emits the failed resources, and the planned ones that were skipped because of them. @returns the failed resources' problems */
  finish(planned: readonly Change[]): Problem[] {
    // In the plan's order, where dependencies come first.
    const places = new Map(planned.map(({ address }, index) => [address, index]));
    const failures = [...this.failures].sort(([a], [b]) => (places.get(a) ?? Infinity) - (places.get(b) ?? Infinity));
    const problems = failures.map(([address, operation]) => {
      const diagnostic = this.diagnostics.find((one) => one.severity === 'error' && one.address === address);
      const problem = diagnostic ? problemOf(diagnostic) : { place: { path: address }, cause: `${operation} failed` };
      this.emit({ type: 'resource_failed', address, operation, problem });
      return problem;
    });
    const tried = new Set([...this.begun.keys()].map((key) => key.split(' ')[1]!));
    for (const { address, action, dependencies } of planned) {
      const because = dependencies.find((one) => this.failures.has(one)) ?? [...this.failures.keys()][0];
      if (because !== undefined && action !== 'none' && !tried.has(address)) this.emit({ type: 'resource_skipped', address, because });
    }
    return problems;
  }
}
