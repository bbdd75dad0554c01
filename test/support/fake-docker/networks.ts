import { filtersOf, hasLabels, Refusal, type Route } from './http.js';
import { type FakeNetwork, type FakeState, iso, newId } from './state.js';

type NetworkRequest = Partial<FakeNetwork> & { CheckDuplicate?: boolean };

/** How many bridges Docker's default address pools have room for, with its own. */
const addressPools = 31;

export function networkRoutes(state: FakeState): Route[] {
  const find = (reference = ''): FakeNetwork => {
    const network = state.network(reference);
    if (!network) throw new Refusal(404, `network ${reference} not found`);
    return network;
  };
  return [
    [
      'GET',
      /^\/networks$/,
      ({ query }) => {
        const { label, name, driver } = filtersOf(query);
        const found = [...state.networks.values()].filter(
          (n) =>
            hasLabels(n.Labels, label) &&
            (!name?.length || name.some((part) => n.Name.includes(part))) &&
            (!driver?.length || driver.includes(n.Driver)),
        );
        // A list says nothing of who is in them.
        return { status: 200, body: found.map((n) => ({ ...shown(state, n), Containers: {} })) };
      },
    ],
    ['POST', /^\/networks\/create$/, ({ body }) => ({ status: 201, body: { Id: create(state, body as NetworkRequest).Id, Warning: '' } })],
    ['GET', /^\/networks\/([^/]+)$/, ({ params }) => ({ status: 200, body: shown(state, find(params[0])) })],
    [
      'DELETE',
      /^\/networks\/([^/]+)$/,
      ({ params }) => {
        const { Id, Name, Driver } = find(params[0]);
        if (['bridge', 'host', 'none'].includes(Name)) throw new Refusal(403, `${Name} is a pre-defined network and cannot be removed`);
        if (members(state, Id).length > 0)
          throw new Refusal(403, `error while removing network: network ${Name} id ${Id} has active endpoints`);
        state.networks.delete(Id);
        state.emit('network', 'destroy', Id, { name: Name, type: Driver });
        return { status: 204 };
      },
    ],
  ];
}

function create(state: FakeState, { Name = '', Driver = 'bridge', CheckDuplicate, ...rest }: NetworkRequest): FakeNetwork {
  const all = [...state.networks.values()];
  if (CheckDuplicate && all.some((n) => n.Name === Name)) throw new Refusal(409, `network with name ${Name} already exists`);
  const used = new Set(all.map(({ subnet }) => subnet));
  const subnet = Array.from({ length: addressPools }, (_, i) => 17 + i).find((candidate) => !used.has(candidate));
  if (subnet === undefined)
    throw new Refusal(500, 'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network');
  const network: FakeNetwork = {
    Id: newId(),
    Name,
    Driver,
    Labels: rest.Labels ?? {},
    Options: rest.Options ?? {},
    Internal: rest.Internal ?? false,
    Attachable: rest.Attachable ?? false,
    EnableIPv6: rest.EnableIPv6 ?? false,
    subnet,
    created: state.options.now(),
  };
  state.networks.set(network.Id, network);
  state.emit('network', 'create', network.Id, { name: Name, type: Driver });
  return network;
}

function members(state: FakeState, id: string) {
  return [...state.containers.values()].filter(({ network, status }) => network === id && status === 'running');
}

function shown(state: FakeState, { subnet, created, ...network }: FakeNetwork) {
  const inside = members(state, network.Id).map((c) => [
    c.id,
    {
      Name: c.name,
      EndpointID: c.id,
      MacAddress: '',
      IPv4Address: subnet === null ? '' : `172.${subnet}.${c.ip >> 8}.${c.ip & 255}/16`,
      IPv6Address: '',
    },
  ]);
  return {
    Name: network.Name,
    Id: network.Id,
    Created: iso(created),
    Scope: 'local',
    Driver: network.Driver,
    EnableIPv6: network.EnableIPv6,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: subnet === null ? [] : [{ Subnet: `172.${subnet}.0.0/16`, Gateway: `172.${subnet}.0.1` }],
    },
    Internal: network.Internal,
    Attachable: network.Attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(inside),
    Options: network.Options,
    Labels: network.Labels,
  };
}
