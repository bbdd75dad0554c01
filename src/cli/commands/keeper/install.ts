import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pkg from '../../../../package.json' with { type: 'json' };
import { MayflyError } from '../../../errors.js';
import { readIfThere } from '../../../state/atomic-file.js';
import { homeDirectory } from '../../../user.js';
import { programPath } from '../../../runtime/program-path.js';
import { inSession, type Session } from '../../session.js';
import { writeUserFile } from '../../write-file.js';
import type { Args } from './options.js';

const unitName = 'mayfly-keeper.service';

/** Installs a permanent keeper: a container on the Docker daemon, or a systemd user service. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    if (args.docker) await installContainer(session, args.image ?? `mayfly-keeper:${pkg.version}`);
    else await installService(session);
    return 0;
  });
}

async function installContainer({ call, out }: Session, image: string): Promise<void> {
  const { installKeeper } = await call.nodes.entry('docker').load();
  const { name, already } = await installKeeper!({ env: { ...call.env, ...call.nodes.deciding('docker') }, image, version: pkg.version });
  out(
    already
      ? `${name} is already running.`
      : `${name} runs on the Docker daemon, and starts with it. To remove it: docker rm --force ${name}`,
  );
}

async function installService({ call, out, note }: Session): Promise<void> {
  const config = call.env['XDG_CONFIG_HOME'] || join(homeDirectory(call.env) ?? '/', '.config');
  const path = join(config, 'systemd', 'user', unitName);
  const env: Record<string, string | undefined> = { ...call.env, ...call.nodes.deciding('docker') };
  const kept = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'MAYFLY_STATE_DIR'].flatMap((name) =>
    env[name] === undefined ? [] : [`Environment="${name}=${env[name]}"`],
  );
  const unit = [
    '[Unit]',
    'Description=mayfly keeper: ends the workers of this Docker daemon when their time is up',
    '',
    '[Service]',
    `ExecStart="${process.execPath}" "${programPath()}" keeper run --docker`,
    ...kept,
    'Restart=always',
    'RestartSec=2',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
  const before = await readIfThere(path);
  await writeUserFile(path, unit, { folder: true, secret: false });
  const manager = promisify(execFile);
  try {
    await manager('systemctl', ['--user', 'daemon-reload']);
    await manager('systemctl', ['--user', 'enable', '--now', unitName]);
  } catch (error) {
    // The unit would start at a later log-in.
    await (before === null ? rm(path, { force: true }) : writeUserFile(path, before, { secret: false }));
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    throw new MayflyError('settings_invalid', {
      place: { file: path },
      cause: code === 'ENOENT' ? 'systemctl, which starts the unit, was not found' : `systemd did not start the unit: ${stderr?.trim()}`,
      remedy: 'run it where systemd runs for your user, or install a container: mayfly keeper install --docker',
      error,
    });
  }
  note(`Wrote ${path}`);
  out(
    `${unitName} runs, and starts when you log in (after loginctl enable-linger: when the machine starts). To end it: systemctl --user disable --now ${unitName}`,
  );
}
