import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { cliPath } from '../support/run-cli.js';
import { type Scene, scene } from './scene.js';
import { hasTerminal } from './has-terminal.js';
import { specs } from './specs.js';

interface OnTerminal {
  child: ChildProcess;
  screen(): string;
  type(text: string): void;
  /** The terminal's device. */
  device: Promise<string>;
  done: Promise<number | null>;
}

/** The CLI on a terminal of 24 x 91, between two looks at how that is set. */
function onTerminal(one: Scene, args: readonly string[]): OnTerminal {
  const words = [process.execPath, cliPath, ...args].map((word) => `'${word === 'NAME' ? one.name : word}'`);
  const line = `stty rows 24 cols 91; tty; echo "before $(stty -g)"; ${words.join(' ')}; code=$?; echo "after $(stty -g)"; exit $code`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...one.machine.env, ...one.env, TERM: 'xterm' }, cwd: one.folder });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  return {
    child,
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    device: until('its device', () => /^(\/dev\/pts\/\d+)\r?$/m.exec(screen)?.[1], { withinMs: 30_000 }),
    done: new Promise((resolve) => child.once('close', resolve)),
  };
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The terminal's settings are what they were. */
function restored(screen: string): boolean {
  const [, before] = /^before (\S+)\r?$/m.exec(screen) ?? [];
  // The command's own terminal may have echoed the Ctrl-C that ended it.
  const [, after] = /^(?:\^C)?after (\S+)\r?$/m.exec(screen) ?? [];
  return before !== undefined && before === after;
}

describe.skipIf(!hasTerminal() || !dockerAvailable())('exec -it, on docker', () => {
  let one: Scene;
  beforeAll(async () => {
    one = await scene({ docker: 'real', spec: specs.docker() });
    await one.must(['apply', 'SPEC', '--auto-approve']);
  });
  afterAll(async () => {
    await one.must(['destroy', 'NAME', '--auto-approve']);
    await one.close();
  });

  test('a shell: its size, a change of it, Ctrl-C for the command, its exit code', async () => {
    const terminal = onTerminal(one, ['exec', '-it', 'NAME', '--', 'sh']);
    const says = (text: RegExp) => until(`${text}`, () => text.test(terminal.screen()), { withinMs: 20_000 });
    await says(/[#$] /);
    terminal.type('until [ "$(stty size)" = "24 91" ]; do :; done; echo si""zed; tty\n');
    await says(/^sized\r?$/m);
    await says(/^\/dev\/(pts\/\d+|console)\r?$/m);
    execFileSync('stty', ['-F', await terminal.device, 'rows', '40', 'cols', '100']);
    terminal.type('until [ "$(stty size)" = "40 100" ]; do :; done; echo re""sized\n');
    await says(/^resized\r?$/m);
    terminal.type('echo wai""ting; sleep 1000; echo inter""rupted=$?\n');
    await says(/^waiting\r?$/m);
    terminal.type('\x03');
    terminal.type('echo still he""re\n');
    await says(/^still here\r?$/m);
    terminal.type('exit 7\n');
    expect(await terminal.done).toBe(7);
    expect(restored(terminal.screen()), terminal.screen()).toBe(true);
  });

  test('a terminal without input', async () => {
    const terminal = onTerminal(one, ['exec', '-t', 'NAME', '--', 'sh', '-c', 'test -t 1 && echo a term""inal; exit 3']);
    expect(await terminal.done).toBe(3);
    expect(terminal.screen()).toMatch(/^a terminal\r?$/m);
  });

  test('restored when it is ended from outside', async () => {
    const ended = onTerminal(one, ['exec', '-it', 'NAME', '--', 'sh', '-c', 'echo u""p; exec sleep 1000']);
    await until('it runs', () => /^up\r?$/m.test(ended.screen()), { withinMs: 20_000 });
    const pid = readdirSync('/proc').find((entry) => {
      const [, program, ...words] = commandLine(entry);
      return program === cliPath && words[0] === 'exec' && words.includes(one.name);
    });
    process.kill(Number(pid), 'SIGTERM');
    expect(await ended.done).toBe(130);
    expect(restored(ended.screen()), ended.screen()).toBe(true);
  });
});

describe.skipIf(!hasTerminal())('exec -t, on local processes', () => {
  test('is refused in plain words', async () => {
    const one = await scene({ spec: specs.process() });
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const terminal = onTerminal(one, ['exec', '-it', 'NAME', '--', 'sh']);
    expect(await terminal.done).toBe(1);
    expect(terminal.screen()).toMatch(/--tty: the process backend has no terminals/);
    expect(restored(terminal.screen())).toBe(true);
    await one.must(['destroy', 'NAME', '--auto-approve']);
  });
});
