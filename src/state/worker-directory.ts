import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { MayflyError } from '../errors.js';
import type { ResourceSchema } from '../plan/resource-schema.js';
import type { Stack, Variables } from '../plan/stack.js';
import { readIfThere, writeAtomic } from './atomic-file.js';
import { decodeState, emptyState, encodeState, type State } from './records.js';
import { type StateFile, stateFile, variablesFile } from './state-file.js';

const names = { stack: 'cdk.tf.json', state: 'terraform.tfstate', variables: 'terraform.tfvars.json' };

/**
 * A worker's directory. Its files have Terraform's names, so it is also a working directory for the terraform CLI. It is only a cache of the
 * backend; every file is 0600.
 */
export class WorkerDirectory {
  readonly names = names;

  /** @param below the directory that the user named. Directories between it and this one must be private. */
  constructor(
    readonly path: string,
    private readonly below = path,
  ) {}

  file(name: string): string {
    return join(this.path, name);
  }

  /** @throws MayflyError `state_unreadable` if the file is cut short or not in Terraform's format 4 */
  async readState(): Promise<State> {
    const text = await readIfThere(this.file(names.state));
    if (text === null || text.trim() === '') return emptyState();
    const json = this.parse<Partial<StateFile> | null>(names.state, text);
    const file = z.safeParse(stateFile, json);
    if (file.success) return decodeState(file.data as unknown as StateFile);
    throw this.unreadable(names.state, `is not a state of format 4 (version ${JSON.stringify(json?.version ?? null)})`);
  }

  async writeState(state: State & { lineage: string }, schemas: (type: string) => ResourceSchema): Promise<void> {
    await this.writeFile(names.state, `${JSON.stringify(encodeState(state, schemas), null, 2)}\n`);
  }

  async readStack(): Promise<Stack | null> {
    const text = await readIfThere(this.file(names.stack));
    return text === null ? null : this.parse<Stack>(names.stack, text);
  }

  async writeStack(stack: Stack): Promise<void> {
    await this.writeFile(names.stack, formatStack(stack));
  }

  async readVariables(): Promise<Variables | null> {
    const text = await readIfThere(this.file(names.variables));
    if (text === null) return null;
    const variables = z.safeParse(variablesFile, this.parse(names.variables, text));
    if (variables.success) return variables.data;
    throw this.unreadable(names.variables, 'does not hold values of variables: it must map names to strings');
  }

  async writeVariables(variables: Variables): Promise<void> {
    await this.writeFile(names.variables, `${JSON.stringify(variables, null, 2)}\n`);
  }

  /** Writes another file into the directory, with mode 0600. */
  async writeFile(name: string, content: string | Buffer): Promise<void> {
    await writeAtomic(this.file(name), content, this.below);
  }

  async removeFile(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  private parse<T>(name: string, text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch {
      throw this.unreadable(name, 'is cut short or not JSON');
    }
  }

  private unreadable(name: string, cause: string): MayflyError {
    return new MayflyError('state_unreadable', {
      place: { file: this.file(name) },
      cause,
      remedy: 'delete the file: the next plan adopts the objects that exist on the backend',
    });
  }
}

export function formatStack(stack: Stack): string {
  return `${JSON.stringify(stack, null, 2)}\n`;
}
