import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Backend } from '../backend.js';

export interface AwsBackendOptions {
  /** `MAYFLY_AWS_*` and the SDK's own variables. */
  env: Record<string, string | undefined>;
  clock: Clock;
}

export function awsBackend(_options: AwsBackendOptions): Backend {
  throw new MayflyError('backend_unreachable', { cause: 'the aws backend is being built', remedy: 'name another backend' });
}
