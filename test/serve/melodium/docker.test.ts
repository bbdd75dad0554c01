import { expect, test } from 'vitest';
import { dockerAvailable } from '../../support/docker.js';
import { until } from '../../support/poll.js';
import { leftOf, server } from '../service.js';
import { distribute, echo, join } from './client.js';
import { engineImage } from './image.js';

const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

test.skipIf(!dockerAvailable())('a client gets its worker, and the run ends with the engine', async () => {
  const { source, ca } = await engineImage();
  const { start } = await server(dockerHost, { MELODIUM_IMAGES_PULL_SOURCE: source });
  const service = await start();
  const { statuses, started } = await distribute({ url: `${service.url}/0.1`, token: service.token });
  expect(statuses).toEqual([200, 202, 200]);
  expect(started).toMatchObject({ addresses: ['127.0.0.1'] });
  expect(await echo(await join(started!, ca), 'hello')).toBe('hello');
  await until('the run has ended', async () => (await service.run(started!.id)).state === 'completed', { withinMs: 60_000, everyMs: 250 });
  expect(await service.run(started!.id)).toMatchObject({ reason: 'engine_exited', exit_code: 0 });
  expect(await leftOf(started!.id)).toEqual([]);
});
