import type { Output } from '../../plan/outputs.js';
import type { ResourceSchema, Value } from '../../plan/resource-schema.js';
import { canonical } from '../../plan/values.js';
import { encodeState, type State, type StateRecord } from '../../state/records.js';
import type { WorkerDirectory } from '../../state/worker-directory.js';

/** Keeps the state of a run on disk: after every resource, writes that fall together being made one. */
export class StateWriter {
  private dirty = false;
  private writing: Promise<void> | null = null;
  private failure: unknown = null;
  /** What is on disk, less its serial: writing the same again would only count it up. */
  private written: string;

  constructor(
    private readonly state: State,
    private readonly directory: WorkerDirectory,
    private readonly schemas: (type: string) => ResourceSchema,
    private readonly newId: () => string,
  ) {
    this.written = this.content();
    // What the state remembered is forgotten: what is really there is set next.
    state.records.clear();
  }

  set(address: string, record: StateRecord): void {
    this.state.records.set(address, record);
    this.dirty = true;
  }

  taint(address: string): void {
    const record = this.state.records.get(address);
    if (record) this.set(address, { ...record, tainted: true });
    this.save();
  }

  remove(address: string): void {
    this.state.records.delete(address);
    this.save();
  }

  setOutputs(outputs: Record<string, Output>): void {
    this.state.outputs = outputs;
    this.dirty = true;
  }

  save(): void {
    this.dirty = true;
    // Begun a moment later: one that finds nothing to write would end before it is known to have begun, and block all after it.
    this.writing ??= Promise.resolve().then(() => this.drain());
  }

  /** @throws what the first write that failed threw. */
  async flush(): Promise<State> {
    if (this.dirty) this.save();
    await this.writing;
    if (this.failure) throw this.failure;
    return this.state;
  }

  private async drain(): Promise<void> {
    try {
      while (this.dirty && !this.failure) {
        this.dirty = false;
        const content = this.content();
        if (content === this.written && this.state.lineage !== null) continue;
        this.state.serial += 1;
        this.state.lineage ??= this.newId();
        await this.directory.writeState({ ...this.state, lineage: this.state.lineage }, this.schemas);
        this.written = content;
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.writing = null;
    }
  }

  private content(): string {
    return canonical(encodeState({ ...this.state, lineage: '', serial: 0 }, this.schemas) as unknown as Value);
  }
}
