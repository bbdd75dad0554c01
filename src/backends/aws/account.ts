import { MayflyError } from '../../errors.js';
import type { Aws } from './clients.js';
import type { AccountFacts } from './offer.js';
import { pages } from './pages.js';
import { endpointOf } from './place.js';
import { clusterOf } from './service-of.js';

/** The caller's identity, and the place for tasks. A living worker stays in its cluster. */
export async function accountOf(aws: Aws, worker: string): Promise<AccountFacts> {
  const [{ account, arn, partition }, network, cluster] = await Promise.all([aws.identity(), networkOf(aws), clusterOf(aws, worker)]);
  const { region } = aws.place;
  return { endpoint: endpointOf(aws.place), region, cluster, account, partition, owner: roleArn(arn), ...network };
}

type Network = Pick<AccountFacts, 'vpc' | 'subnets' | 'needsPublicAddress'>;

/** The role's ARN of a session's ARN: the session has another name each time, but the stack must stay the same. */
function roleArn(arn: string): string {
  return arn.replace(/:sts:(.*):assumed-role\/([^/]+)\/.*$/, ':iam:$1:role/$2');
}

/** The given subnets, or the default subnets of the default VPC. They are sorted, so that the same network gives the same stack. */
async function networkOf(aws: Aws): Promise<Network> {
  const { subnets: given } = aws.place;
  if (given !== null) {
    const { Subnets = [] } = await aws.ec2.describeSubnets({ SubnetIds: given });
    const vpcs = new Set(Subnets.map(({ VpcId = '' }) => VpcId));
    if (vpcs.size !== 1) throw refused(`the subnets ${given.join(', ')} are not of one VPC`, 'name subnets of one VPC in aws_subnets');
    return { vpc: [...vpcs][0]!, subnets: [...given].sort(), needsPublicAddress: false };
  }
  const Filters = [{ Name: 'default-for-az', Values: ['true'] }];
  const found = await pages(async (NextToken) => {
    const page = await aws.ec2.describeSubnets({ Filters, NextToken });
    return { items: page.Subnets ?? [], next: page.NextToken };
  });
  const [first] = found;
  if (!first) throw refused(`the region ${aws.place.region} has no default VPC`, 'name the subnets that workers go to: aws_subnets');
  return { vpc: first.VpcId!, subnets: found.map(({ SubnetId = '' }) => SubnetId).sort(), needsPublicAddress: true };
}

function refused(cause: string, remedy: string): MayflyError {
  return new MayflyError('backend_refused', { cause, remedy });
}
