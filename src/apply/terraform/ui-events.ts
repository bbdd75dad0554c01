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

/** The lines of `apply -json` as our events. Why a resource failed is said only at the end, so its failure is too. */
export class UiEvents {
  readonly diagnostics: Diagnostic[] = [];
  /** What came that is no line of the format. */
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

  /** Tells what failed and, of what was planned, what was therefore not tried. @returns the failed resources' problems */
  finish(planned: readonly Change[]): Problem[] {
    // In the plan's order, in which each comes after what it needs.
    const places = new Map(planned.map(({ address }, index) => [address, index]));
    const failures = [...this.failures].sort(([a], [b]) => (places.get(a) ?? Infinity) - (places.get(b) ?? Infinity));
    const problems = failures.map(([address, operation]) => {
      const why = this.diagnostics.find((one) => one.severity === 'error' && one.address === address);
      const problem = why ? problemOf(why) : { place: { path: address }, cause: `${operation} failed` };
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
