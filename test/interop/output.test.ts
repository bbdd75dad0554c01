import { expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { interopAvailable } from '../support/terraform.js';
import { jsonLines } from '../docker/support.js';
import { specs } from './specs.js';
import { interopWorker } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

interface Told {
  hook?: { resource: { addr: string }; action: string };
  change?: { resource: { addr: string }; action: string };
}

/** What `apply` says of each resource: as JSON, then as a person reads it without its times. */
function toldBy(stdout: string, stderr: string): Record<'json' | 'human', string[]> {
  const json = jsonLines(stdout).flatMap(({ type, ...line }) => {
    const { hook, change } = line as Told;
    const said = hook ?? change;
    return said ? [`${type} ${said.action} ${said.resource.addr}`] : [];
  });
  const human = stderr.split('\n').filter((line) => /^docker_\w+\.\w+: /.test(line));
  return { json: json.sort(), human: human.map((line) => line.replace(/ in [\d.]+ s$/, '')).sort() };
}

test.skipIf(!available)('what apply says of each resource is the same whichever applier ran', async () => {
  const spec = await specs['containers, a service, volumes and awkward texts']!();
  const told: Record<string, Record<'json' | 'human', string[]>[]> = {};
  for (const applier of ['embedded', 'terraform']) {
    const one = await interopWorker(spec);
    const apply = async (...more: string[]) => {
      const { stdout, stderr } = await one.must(['apply', 'SPEC', '--auto-approve', '--applier', applier, ...more]);
      return toldBy(stdout, stderr);
    };
    const made = await apply('--json');
    // One in place, one replaced with what has joined it, and one that goes.
    await one.edit({ memory: 72, containers: (spec['containers'] as object[]).slice(0, 1) });
    const edited = await apply('--json');
    await one.edit({ memory: 72, containers: [], engine: { ...(spec['engine'] as object), env: { A: 'b' } } });
    told[applier] = [made, edited, await apply()];
    await one.must(['destroy', 'NAME', '--auto-approve']);
  }
  expect(told['terraform']).toEqual(told['embedded']);
  const [made, edited, replaced] = told['embedded']!;
  expect(made!.json).toEqual(
    expect.arrayContaining(['apply_start create docker_container.engine', 'apply_complete create docker_container.engine']),
  );
  expect(edited!.json.length).toBeGreaterThan(5);
  expect(replaced!.human).toEqual(expect.arrayContaining(['docker_container.engine: deleted', 'docker_container.engine: created']));
});
