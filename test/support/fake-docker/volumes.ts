import { filtersOf, hasLabels, Refusal, type Route } from './http.js';
import { type FakeState, type FakeVolume, newId } from './state.js';

type VolumeRequest = Partial<Omit<FakeVolume, 'created'>> & { DriverOpts?: Record<string, string> | null };

/** Another one of the same name is not an error, and its labels stay as they were. */
export function makeVolume(
  state: FakeState,
  { Name = newId(), Driver = 'local', Labels = null, DriverOpts = null }: VolumeRequest,
): FakeVolume {
  const existing = state.volumes.get(Name);
  if (existing) return existing;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(Name))
    throw new Refusal(400, `create ${Name}: "${Name}" includes invalid characters for a local volume name`);
  const volume = { Name, Driver, Labels, Options: DriverOpts, created: state.options.now() };
  state.volumes.set(Name, volume);
  state.emit('volume', 'create', Name, { driver: Driver });
  return volume;
}

export function volumeRoutes(state: FakeState): Route[] {
  const find = (name = ''): FakeVolume => {
    const volume = state.volumes.get(name);
    if (!volume) throw new Refusal(404, `get ${name}: no such volume`);
    return volume;
  };
  return [
    [
      'GET',
      /^\/volumes$/,
      ({ query }) => {
        const { label, name } = filtersOf(query);
        const found = [...state.volumes.values()].filter(
          (v) => hasLabels(v.Labels ?? {}, label) && (!name?.length || name.some((part) => v.Name.includes(part))),
        );
        return { status: 200, body: { Volumes: found.map(shown), Warnings: null } };
      },
    ],
    ['POST', /^\/volumes\/create$/, ({ body }) => ({ status: 201, body: shown(makeVolume(state, body as VolumeRequest)) })],
    ['GET', /^\/volumes\/([^/]+)$/, ({ params }) => ({ status: 200, body: shown(find(params[0])) })],
    [
      'DELETE',
      /^\/volumes\/([^/]+)$/,
      ({ params }) => {
        const { Name, Driver } = find(params[0]);
        const users = [...state.containers.values()].filter(({ mounts }) => mounts.some((mount) => mount.Name === Name));
        if (users.length > 0) throw new Refusal(409, `remove ${Name}: volume is in use - [${users.map(({ id }) => id).join(', ')}]`);
        state.volumes.delete(Name);
        state.emit('volume', 'destroy', Name, { driver: Driver });
        return { status: 204 };
      },
    ],
  ];
}

/** Its time is to the second, as the daemon's is. */
function shown({ created, ...volume }: FakeVolume) {
  return {
    CreatedAt: new Date(created).toISOString().replace(/\.\d+Z$/, 'Z'),
    Driver: volume.Driver,
    Labels: volume.Labels,
    Mountpoint: `/var/lib/docker/volumes/${volume.Name}/_data`,
    Name: volume.Name,
    Options: volume.Options,
    Scope: 'local',
  };
}
