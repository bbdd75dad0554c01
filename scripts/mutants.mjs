// `npm run mutants [-- WORD…]`: makes one small mistake at a time in a copy of the code, and reports those that no test notices.
// The mistakes are listed in test/mutants/, a file a room; words choose rooms, files or mistakes that contain one of them.
//
// Exits with 1 when a mistake no longer applies, the tests fail without any, one survives without a reason in its list, or fewer than 95 % are caught.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuilt, root } from './lib.mjs';

/** Copies of the tree that are tested at once. */
const lanes = Number(process.env.MAYFLY_MUTANT_LANES ?? 2);
/** Milliseconds for the tests of one mistake: a loop that never ends counts as noticed. */
const patience = 180_000;
/** A mistake that is no program says nothing about the tests. */
const noProgram = /SyntaxError|Transform failed|Failed to resolve import|does not provide an export/;

/**
 * @typedef {object} Mutant
 * @property {string} what a sentence about the mistake
 * @property {string} file of `src` or `stacks`
 * @property {string} from a text that is in the file exactly once
 * @property {string} to
 * @property {string[]} tests files, of which one must fail
 * @property {true} [docker] they need a Docker daemon
 * @property {true} [build] they run the built command line
 * @property {string} [survives] the reason why no test is to notice it
 */

/** @returns {Promise<(Mutant & { room: string })[]>} */
async function readMutants(words) {
  const files = readdirSync(join(root, 'test/mutants')).filter((name) => name.endsWith('.mjs'));
  const rooms = await Promise.all(
    files.sort().map(async (name) => {
      const { default: mutants } = await import(join(root, 'test/mutants', name));
      return mutants.map((mutant) => ({ ...mutant, room: name.replace('.mjs', '') }));
    }),
  );
  const all = rooms.flat();
  return words.length === 0 ? all : all.filter((one) => words.some((word) => `${one.room} ${one.file} ${one.what}`.includes(word)));
}

/** Why a mistake cannot be made; nothing where it can. */
function misfit({ file, from, to, tests }) {
  const path = join(root, file);
  if (!existsSync(path)) return 'there is no such file';
  const times = readFileSync(path, 'utf8').split(from).length - 1;
  if (times !== 1) return `the text is in it ${times} times: ${JSON.stringify(from)}`;
  if (from === to) return 'it changes nothing';
  const missing = tests.find((test) => !existsSync(join(root, test)));
  return missing && `there is no ${missing}`;
}

/** A copy of what git has or would add, with the packages and the build of this tree. */
function makeLane(at) {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  for (const path of stdout.split('\0')) if (path && existsSync(join(root, path))) cpSync(join(root, path), join(at, path));
  if (existsSync(join(root, 'dist'))) cpSync(join(root, 'dist'), join(at, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(at, 'node_modules'));
  return at;
}

/** Runs a command in its own process group, so that all of it ends. @returns {Promise<{ code: number, output: string }>} */
async function runIn(lane, command, args) {
  const child = spawn(command, args, { cwd: lane, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  const timer = new AbortController();
  const code = await Promise.race([ended, sleep(patience, 'late', { signal: timer.signal }).catch(() => ended)]);
  timer.abort();
  if (code === 'late') {
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
  return { code: code === 'late' ? 1 : code, output };
}

const vitest = (lane, tests) => runIn(lane, 'npx', ['--no-install', 'vitest', 'run', '--bail=1', '--reporter=dot', ...tests]);

/** @returns {Promise<'caught' | 'survived' | 'broken'>} */
async function attempt(lane, { file, from, to, tests, build }) {
  const original = readFileSync(join(root, file), 'utf8');
  const at = join(lane, file);
  writeFileSync(
    at,
    original.replace(from, () => to),
  );
  try {
    if (build && (await runIn(lane, 'node', ['scripts/bundle.mjs'])).code !== 0) return 'broken';
    const { code, output } = await vitest(lane, tests);
    if (code === 0) return 'survived';
    return noProgram.test(output) ? 'broken' : 'caught';
  } finally {
    writeFileSync(at, original);
    if (build) cpSync(join(root, 'dist'), join(lane, 'dist'), { recursive: true });
  }
}

function dockerAnswers() {
  return spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 15_000 }).status === 0;
}

const chosen = await readMutants(process.argv.slice(2));
if (chosen.length === 0) {
  console.error('No mistake has that word in its room, file or sentence.');
  process.exit(1);
}
const misfits = chosen.flatMap((one) => {
  const why = misfit(one);
  return why ? [`${one.room}: ${one.what}: ${one.file}: ${why}`] : [];
});
if (misfits.length > 0) {
  console.error(['These mistakes no longer apply:', ...misfits].join('\n  '));
  process.exit(1);
}
const required = process.env.MAYFLY_REQUIRE_DOCKER === '1';
const docker = dockerAnswers();
if (required && !docker) {
  console.error('Docker is required here (MAYFLY_REQUIRE_DOCKER), but no daemon answers.');
  process.exit(1);
}
const mutants = chosen.filter((one) => docker || !one.docker);

if (mutants.some(({ build }) => build)) ensureBuilt();
const scratch = mkdtempSync(join(tmpdir(), 'mayfly-mutants-'));
/** @type {Record<'caught' | 'survived' | 'broken', (Mutant & { room: string })[]>} */
const results = { caught: [], survived: [], broken: [] };
try {
  const copies = Array.from({ length: lanes }, (_, index) => makeLane(join(scratch, String(index))));
  const { code, output } = await vitest(copies[0], [...new Set(mutants.flatMap(({ tests }) => tests))]);
  if (code !== 0) throw new Error(`The tests fail without any mistake:\n${output}`);
  const queue = [...mutants];
  await Promise.all(
    copies.map(async (lane) => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const started = Date.now();
        const result = await attempt(lane, one);
        results[result].push(one);
        console.log(`${result.padEnd(8)} ${one.room}: ${one.what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      }
    }),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const { caught, survived, broken } = results;
const unexplained = survived.filter(({ survives }) => !survives);
const share = caught.length / Math.max(1, mutants.length);
for (const { room, what, survives } of survived) console.log(`survivor: ${room}: ${what}: ${survives ?? 'no reason is given'}`);
for (const { room, what, file } of broken) console.log(`no program: ${room}: ${what} (${file})`);
for (const { room, what } of caught.filter(({ survives }) => survives))
  console.log(`caught, though its list says why not: ${room}: ${what}`);
if (chosen.length > mutants.length) console.log(`left out, because no Docker daemon answers: ${chosen.length - mutants.length}`);
console.log(`${caught.length} of ${mutants.length} caught (${(share * 100).toFixed(1)} %), ${survived.length} survived`);
process.exit(unexplained.length > 0 || broken.length > 0 || share < 0.95 ? 1 : 0);
