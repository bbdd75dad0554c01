import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';

export { EC2Client as Client };
export const commands = {
  authorizeSecurityGroupEgress: AuthorizeSecurityGroupEgressCommand,
  authorizeSecurityGroupIngress: AuthorizeSecurityGroupIngressCommand,
  createSecurityGroup: CreateSecurityGroupCommand,
  deleteSecurityGroup: DeleteSecurityGroupCommand,
  describeNetworkInterfaces: DescribeNetworkInterfacesCommand,
  describeSecurityGroups: DescribeSecurityGroupsCommand,
  describeSubnets: DescribeSubnetsCommand,
  revokeSecurityGroupEgress: RevokeSecurityGroupEgressCommand,
  revokeSecurityGroupIngress: RevokeSecurityGroupIngressCommand,
};
