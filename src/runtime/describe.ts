import { describeAws } from '../backends/aws/describe.js';
import { describeDocker } from '../backends/docker/describe.js';
import type { Describe } from '../backends/ports/describe.js';
import { describeProcess } from '../backends/process/describe.js';
import type { BackendName } from '../spec/worker-spec.js';

const all: Record<BackendName, Describe> = { docker: describeDocker, process: describeProcess, aws: describeAws };

/** `backend`: that of an offer, so it has an entry. */
export function describeOf(backend: BackendName): Describe {
  return all[backend]!;
}
