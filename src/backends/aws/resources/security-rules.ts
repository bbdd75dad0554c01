import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Value } from '../../../plan/resource-schema.js';
import { canonical, sortedSet } from '../../../plan/values.js';

/** A rule as the provider has it: what of a kind goes through one range of ports. */
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

/** A worker's rules name networks; other kinds are told as the provider does, group by group. */
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

/** AWS may tell networks of one range of ports apart that were asked for together. */
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

/** Rules in the form of `like` where they mean the same: neither the order of networks nor of rules says anything. */
export function inFormOf(rules: Value, like: Value | undefined): Value {
  return like != null && meaning(rules) === meaning(like) ? like : rules;
}

function meaning(rules: Value): string {
  const keys = permissionsOf(rules as unknown as Rule[]).keys();
  return [...keys].sort().join();
}

/** One permission a network, by what tells it from others. */
export function permissionsOf(rules: readonly Rule[] = []): Map<string, IpPermission> {
  return singles(rules.map(toPermission));
}

/** The same of what AWS says. */
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
