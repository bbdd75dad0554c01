import { api, dockerAvailable, must } from '../support/docker.js';
import { interopAvailable, tofuAvailable } from '../support/terraform.js';
import { applierContract } from '../contract/applier.js';
import { container, small } from '../docker/support.js';
import { interopWorker } from './support.js';

const spec = {
  ...small,
  volumes: [{ name: 'work', storage: 10 }],
  containers: ['build', 'lint'].map((name) => container(name, { mounts: [{ name: 'work', mount_point: '/work' }] })),
};

const there = {
  embedded: dockerAvailable(),
  terraform: dockerAvailable() && (await interopAvailable()),
  tofu: dockerAvailable() && (await tofuAvailable()),
};

for (const [applier, available] of Object.entries(there)) {
  if (!available) continue;
  applierContract(applier, async () => {
    const worker = await interopWorker(spec);
    return {
      applier,
      spec,
      worker,
      async remove(name) {
        const { Id } = await must<{ Id: string }>('GET', `/containers/mayfly-${worker.name}.${name}/json`);
        await api('DELETE', `/containers/${Id}?force=1`);
      },
    };
  });
}
