import ipaddr from 'ipaddr.js';

/** Networks of IPv6 that are given to users of the Internet. All other ones are reserved, or are forms of IPv4 addresses. */
const global = ipaddr.IPv6.parseCIDR('2000::/3');

/** A virtual machine on Azure reaches its host there: the address is public, and its answers are not. */
const hostOfAzure = '168.63.129.16';

/**
 * Whether callbacks may be sent to an IP address: a public one, or one of an allowed network. IPv4 addresses in IPv6 are judged as IPv4.
 *
 * @param networks in CIDR notation
 */
export function mayReach(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (networks.some((network) => isWithin(parsed, network))) return true;
  if (parsed.range() !== 'unicast' || parsed.toString() === hostOfAzure) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(global);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, length] = ipaddr.parseCIDR(network);
  return base.kind() === address.kind() && address.match([base, length] as [ipaddr.IPv4, number] & [ipaddr.IPv6, number]);
}
