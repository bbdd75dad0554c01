import { parseSpec } from '../spec/parse.js';
import type { WorkerSpec } from '../spec/worker-spec.js';

export interface LoadedOutside {
  spec: WorkerSpec;
  secrets(run: string): Uint8Array | null;
}

export function loadOutside(spec: unknown): LoadedOutside {
  const loaded = parseSpec(JSON.stringify(spec), { file: 'spec', env: {}, directory: '/', defaultName: 'run' });
  return { spec: loaded.spec, secrets: () => null };
}
