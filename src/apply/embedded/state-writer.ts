import { setImmediate } from 'node:timers/promises';
import type { Output } from '../../plan/outputs.js';
import type { ResourceSchema, Value } from '../../plan/resource-schema.js';
import { canonical } from '../../plan/values.js';
import { encodeState, type State, type StateRecord } from '../../state/records.js';
import type { WorkerDirectory } from '../../state/worker-directory.js';

/** Writes the state of a run to disk after every resource. Simultaneous writes become one. */
export class StateWriter {
  private dirty = false;
  private writing: Promise<void> | null = null;
  private failure: unknown = null;
  /** Content on disk without its serial. The same content is not written again, because only its serial would grow. */
  private written: string;

  constructor(
    private readonly state: State,
    private readonly directory: WorkerDirectory,
    private readonly schemas: (type: string) => ResourceSchema,
    private readonly newId: () => string,
  ) {
    this.written = this.content();
    // The records are cleared: the caller sets the existing resources next.
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
    // Starts after the current callbacks: their changes become one write, and `writing` is set before a drain with nothing to write ends.
    this.writing ??= setImmediate().then(() => this.drain());
  }

  /** Waits until all is written. @throws the error of the first failed write */
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
