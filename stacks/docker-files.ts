import type { Container } from '@cdktf/provider-docker/lib/container/index.js';
import type { RunningSpec } from '../src/spec/worker-spec.js';
import { literal } from './common.js';

/** Files of a container. The bindings do not have the owner yet. */
export function giveFiles(made: Container, { files }: Pick<RunningSpec, 'files'>): void {
  if (files.length === 0) return;
  const upload = files.map(({ to, content, mode, owner }) => {
    const [user, group] = owner?.split(':') ?? [];
    return { file: literal(to), content_base64: content, permissions: mode, ...(owner !== null && { owner: user, group }) };
  });
  made.addOverride('upload', upload);
}
