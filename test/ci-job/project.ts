import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Scene, scene } from '../cli/scene.js';
import { images } from '../support/docker.js';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The database's client and what it needs, as `npm ci` would put them there. */
const packages = ['pg', 'pg-connection-string', 'pg-int8', 'pg-pool', 'pg-protocol', 'pg-types', 'pgpass', 'split2', 'xtend'];
const typesOf = ['postgres-array', 'postgres-bytea', 'postgres-date', 'postgres-interval'];

/** The five lines of the documentation, with the images of the tests. */
export const fiveLines = `max_duration: 15m
engine: idle
copy: [{from: ., to: /src, in: test}]
containers: [{name: test, image: "${images.job}", working_dir: /src, artifacts: [junit.xml, coverage/lcov.info]}]
service_containers: [{name: db, image: "${images.postgres}", env: {POSTGRES_PASSWORD: x}, healthcheck: {command: [pg_isready, -h, localhost]}}]
`;

/** Runs the suite of the project, with its reports. */
export const suite =
  'mkdir -p coverage; node --test --experimental-test-coverage --test-reporter=junit --test-reporter-destination=junit.xml --test-reporter=lcov --test-reporter-destination=coverage/lcov.info';

/** A checkout of a project with a suite and its packages, and a spec for its CI job beside it. */
export async function project(spec = fiveLines): Promise<Scene> {
  const one = await scene({ docker: 'real' });
  await cp(root('test/ci-job/suite'), one.folder, { recursive: true });
  await mkdir(join(one.folder, 'node_modules'));
  for (const name of [...packages, ...typesOf]) {
    await cp(root(`node_modules/${name}`), join(one.folder, 'node_modules', name), { recursive: true });
  }
  await writeFile(one.specPath, spec);
  return one;
}

/** The reports of a run in the project's folder: their paths, with the number of test cases in the JUnit file. */
export async function reports({ folder }: Scene): Promise<string[]> {
  const junit = await readFile(join(folder, 'junit.xml'), 'utf8').catch(() => null);
  const coverage = await stat(join(folder, 'coverage/lcov.info')).catch(() => null);
  return [
    ...(junit === null ? [] : [`junit.xml: ${junit.split('<testcase').length - 1}`]),
    ...(coverage === null || coverage.size === 0 ? [] : ['coverage/lcov.info']),
  ];
}
