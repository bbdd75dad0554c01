import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Value } from '../../../plan/resource-schema.js';
import { canonical, sortedSet } from '../../../plan/values.js';

/** A rule in the form of the provider: the allowed peers for one protocol and one range of ports. */
export interface Rule {
  cidr_blocks: string[];
  description: string;
  from_port: number;
  ipv6_cidr_blocks: string[];
  prefix_list_ids: string[];
  protocol: string;
  security_groups: string[];
  self: boolean;
  to_port: number;
}

const none = { cidr_blocks: [], description: '', ipv6_cidr_blocks: [], prefix_list_ids: [], security_groups: [], self: false };

/** Converts AWS's permissions to rules. A worker's own rules contain only networks; other peers follow the provider's form. */
export function rulesOf(permissions: readonly IpPermission[] = []): Value {
  const rules = permissions.map((permission): Rule => {
    const { IpProtocol = '-1', FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] } = permission;
    const open = IpProtocol === '-1';
    return {
      ...none,
      cidr_blocks: IpRanges.map(({ CidrIp }) => CidrIp ?? ''),
      ipv6_cidr_blocks: Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6 ?? ''),
      prefix_list_ids: PrefixListIds.map(({ PrefixListId }) => PrefixListId ?? ''),
      security_groups: UserIdGroupPairs.map(({ GroupId }) => GroupId ?? '').sort(),
      from_port: open ? 0 : (FromPort ?? 0),
      to_port: open ? 0 : (ToPort ?? 0),
      protocol: IpProtocol,
    };
  });
  return sortedSet(merged(rules) as unknown as Value[]);
}

/** Joins rules of the same protocol and ports: AWS may return them separately. */
function merged(rules: readonly Rule[]): Rule[] {
  const byPorts = new Map<string, Rule>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.from_port} ${rule.to_port}`;
    const there = byPorts.get(key);
    const join = (name: 'cidr_blocks' | 'ipv6_cidr_blocks' | 'prefix_list_ids' | 'security_groups') => [
      ...(there?.[name] ?? []),
      ...rule[name],
    ];
    byPorts.set(key, {
      ...rule,
      cidr_blocks: join('cidr_blocks'),
      ipv6_cidr_blocks: join('ipv6_cidr_blocks'),
      prefix_list_ids: join('prefix_list_ids'),
      security_groups: join('security_groups'),
    });
  }
  return [...byPorts.values()];
}

/** Returns `like` if the rules mean the same, otherwise `rules`. The order of networks and of rules has no meaning. */
export function inFormOf(rules: Value, like: Value | undefined): Value {
  return like != null && meaning(rules) === meaning(like) ? like : rules;
}

function meaning(rules: Value): string {
  const keys = permissionsOf(rules as unknown as Rule[]).keys();
  return [...keys].sort().join();
}

/** Splits rules into permissions with one peer each, by their canonical JSON. */
export function permissionsOf(rules: readonly Rule[] = []): Map<string, IpPermission> {
  return singles(rules.map(toPermission));
}

/** Splits AWS's permissions into permissions with one peer each, by their canonical JSON. */
export function singles(permissions: readonly IpPermission[] = []): Map<string, IpPermission> {
  const all = permissions.flatMap(
    ({ IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] }) => {
      const ports: IpPermission = { IpProtocol: IpProtocol!, ...(IpProtocol !== '-1' && { FromPort: FromPort!, ToPort: ToPort! }) };
      return [
        ...IpRanges.map(({ CidrIp }) => ({ ...ports, IpRanges: [{ CidrIp }] })),
        ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ ...ports, Ipv6Ranges: [{ CidrIpv6 }] })),
        ...UserIdGroupPairs.map(({ GroupId }) => ({ ...ports, UserIdGroupPairs: [{ GroupId }] })),
        ...PrefixListIds.map(({ PrefixListId }) => ({ ...ports, PrefixListIds: [{ PrefixListId }] })),
      ] as IpPermission[];
    },
  );
  return new Map(all.map((one) => [canonical(one as unknown as Value), one]));
}

function toPermission(rule: Rule): IpPermission {
  return {
    IpProtocol: rule.protocol,
    FromPort: rule.from_port,
    ToPort: rule.to_port,
    IpRanges: rule.cidr_blocks.map((CidrIp) => ({ CidrIp })),
    Ipv6Ranges: rule.ipv6_cidr_blocks.map((CidrIpv6) => ({ CidrIpv6 })),
    UserIdGroupPairs: rule.security_groups.map((GroupId) => ({ GroupId })),
    PrefixListIds: rule.prefix_list_ids.map((PrefixListId) => ({ PrefixListId })),
  };
}
