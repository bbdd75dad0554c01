import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { Writable } from 'node:stream';
import { MayflyError } from '../../errors.js';
import type { Staging } from '../ports/sessions.js';
import { cancelOn } from '../shared/cancel.js';
import { stagingPrefix } from '../shared/local-staging.js';
import { execIn } from './exec.js';
import { type HttpClient, isStatus } from './http-client.js';

/** Moves $1 to $2, as `moveTree` does. */
const moveScript = `
refuse() { echo "$1: is $2, which a copy would replace" >&2; exit 3; }
move() {
  if [ -L "$2" ]; then
    [ -L "$1" ] || refuse "$2" 'a link'
    # mv would follow a link to a directory.
    rm -f "$2" || exit 4
  elif [ -d "$2" ]; then
    [ -d "$1" ] && [ ! -L "$1" ] || refuse "$2" 'a directory'
    for own in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -e "$own" ] || [ -L "$own" ]; then move "$own" "$2/\${own##*/}"; fi
    done
    return
  elif [ -f "$2" ]; then [ ! -d "$1" ] || [ -L "$1" ] || refuse "$2" 'a file'
  elif [ -e "$2" ]; then refuse "$2" 'a special file'
  fi
  mv -f "$1" "$2" || exit 4
}
move "$1" "$2"
`;

/** The largest error text of a program, in characters. */
const longest = 1000;

/**
 * Makes a staging directory in a container. The daemon's archive calls cannot rename, so programs of the image do it: `mkdir`, `sh`, `mv`, `rm`.
 *
 * @throws MayflyError `not_possible` where the image lacks them
 */
export async function containerStaging(http: HttpClient, id: string, directory: string, signal: AbortSignal): Promise<Staging> {
  const path = posix.join(directory, `${stagingPrefix}${randomBytes(6).toString('hex')}`);
  const archive = `/containers/${id}/archive`;
  await run(http, id, ['mkdir', '-m', '700', path], signal);
  return {
    path,
    async write(tar, own) {
      const query = { path, noOverwriteDirNonDir: true };
      await http.text('PUT', archive, { query, upload: tar, headers: { 'Content-Type': 'application/x-tar' }, signal: own });
    },
    read: (entry, own) => http.stream('GET', archive, { query: { path: posix.join(path, entry) }, signal: own }),
    place: (entry, to, own) => run(http, id, ['sh', '-c', moveScript, 'sh', posix.join(path, entry), to], own),
    remove: (own) => run(http, id, ['rm', '-rf', path], own),
  };
}

/** Runs a program as root. @throws MayflyError `copy_failed` with its message, `not_possible` where the image lacks it, `not_ready` */
async function run(http: HttpClient, id: string, command: [string, ...string[]], signal: AbortSignal): Promise<void> {
  let text = '';
  const output = new Writable({
    write(part: Buffer, _encoding, done) {
      text = (text + part.toString()).slice(0, longest);
      done();
    },
  });
  const streams = { stdin: null, stdout: output, stderr: output };
  const exec = { command, user: '0', workingDir: '/', streams, cancel: cancelOn(signal) };
  const code = await execIn(http, id, exec).catch((error: unknown) => {
    throw isStatus(error, 409) ? hasStopped() : error;
  });
  if (code === 0) return;
  if (code === 127) throw programMissing(command[0]);
  throw new MayflyError('copy_failed', {
    cause: text.trim().split('\n')[0] || `${command[0]} ended with code ${code}`,
    remedy: 'correct the cause and copy again',
  });
}

function hasStopped(): MayflyError {
  return new MayflyError('not_ready', { cause: 'the container has stopped', remedy: 'start its worker again, then copy again' });
}

function programMissing(program: string): MayflyError {
  return new MayflyError('not_possible', {
    cause: `the container's image has no ${program}, which puts files in their place when all have arrived`,
    remedy: 'copy through your machine: mayfly cp A:PATH - | mayfly cp - B:DIRECTORY',
  });
}
