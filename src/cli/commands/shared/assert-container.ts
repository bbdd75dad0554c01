import { MayflyError } from '../../../errors.js';
import { engineName, everyContainer, type WorkerSpec } from '../../../spec/worker-spec.js';

/** Checked before the worker is made. @throws MayflyError `container_unknown` */
export function assertContainer(spec: WorkerSpec, name: string): void {
  const names = [engineName, ...everyContainer(spec).map((container) => container.name)];
  if (names.includes(name)) return;
  throw new MayflyError('container_unknown', {
    place: { path: spec.name },
    cause: `has no container ${JSON.stringify(name)}`,
    remedy: `choose one of ${names.join(', ')}`,
  });
}
