/** Scope of an action: `least-policy.ts` has the resources and conditions of each scope. */
export type Scope =
  | 'anything'
  | 'cluster'
  | 'ownCluster'
  | 'inCluster'
  | 'service'
  | 'task'
  | 'ownTask'
  | 'taskDefinition'
  | 'newInEcs'
  | 'scheduleGroup'
  | 'schedule'
  | 'role'
  | 'passedRole'
  | 'ecsRole'
  | 'logGroup'
  | 'secret'
  | 'securityGroup'
  | 'newSecurityGroup'
  | 'newTags'
  | 'vpc';

/**
 * Every call to AWS in IAM's spelling (`ecs:CreateService`), with its scopes; and actions that AWS requires for a call (tagging a new object,
 * passing a role). An action without resources in IAM is allowed for anything, and only reads.
 */
export const actions: Record<string, readonly Scope[]> = {
  'ecs:CreateCluster': ['cluster'],
  'ecs:DescribeClusters': ['cluster'],
  'ecs:DeleteCluster': ['ownCluster'],
  'ecs:ListServices': ['inCluster'],
  'ecs:ListTasks': ['inCluster'],
  'ecs:DescribeTasks': ['task'],
  'ecs:StopTask': ['ownTask'],
  'ecs:CreateService': ['service'],
  'ecs:DescribeServices': ['service'],
  'ecs:UpdateService': ['service'],
  'ecs:DeleteService': ['service'],
  'ecs:RegisterTaskDefinition': ['taskDefinition'],
  'ecs:DeleteTaskDefinitions': ['taskDefinition'],
  // The only changing action without resources. It only prevents further use of a definition.
  'ecs:DeregisterTaskDefinition': ['anything'],
  'ecs:DescribeTaskDefinition': ['anything'],
  'ecs:ListTaskDefinitions': ['anything'],
  'ecs:TagResource': ['newInEcs'],

  'scheduler:CreateScheduleGroup': ['scheduleGroup'],
  'scheduler:GetScheduleGroup': ['scheduleGroup'],
  'scheduler:DeleteScheduleGroup': ['scheduleGroup'],
  'scheduler:TagResource': ['scheduleGroup'],
  'scheduler:ListTagsForResource': ['scheduleGroup'],
  'scheduler:CreateSchedule': ['schedule'],
  'scheduler:GetSchedule': ['schedule'],
  'scheduler:UpdateSchedule': ['schedule'],
  'scheduler:DeleteSchedule': ['schedule'],
  'scheduler:ListScheduleGroups': ['anything'],
  'scheduler:ListSchedules': ['anything'],

  'iam:CreateRole': ['role'],
  'iam:GetRole': ['role'],
  'iam:UpdateRole': ['role'],
  'iam:UpdateAssumeRolePolicy': ['role'],
  'iam:DeleteRole': ['role'],
  'iam:DeleteRolePermissionsBoundary': ['role'],
  'iam:TagRole': ['role'],
  'iam:PutRolePolicy': ['role'],
  'iam:GetRolePolicy': ['role'],
  'iam:ListRolePolicies': ['role'],
  'iam:DeleteRolePolicy': ['role'],
  'iam:PassRole': ['passedRole'],
  // ECS makes a role of its own in an account that uses it for the first time.
  'iam:CreateServiceLinkedRole': ['ecsRole'],
  'iam:ListRoles': ['anything'],

  'logs:CreateLogGroup': ['logGroup'],
  'logs:PutRetentionPolicy': ['logGroup'],
  'logs:DeleteLogGroup': ['logGroup'],
  'logs:TagResource': ['logGroup'],
  'logs:ListTagsForResource': ['logGroup'],
  'logs:DescribeLogStreams': ['logGroup'],
  'logs:GetLogEvents': ['logGroup'],
  'logs:DescribeLogGroups': ['anything'],

  'secretsmanager:CreateSecret': ['secret'],
  'secretsmanager:DescribeSecret': ['secret'],
  'secretsmanager:UpdateSecret': ['secret'],
  'secretsmanager:PutSecretValue': ['secret'],
  'secretsmanager:GetSecretValue': ['secret'],
  'secretsmanager:DeleteSecret': ['secret'],
  'secretsmanager:TagResource': ['secret'],
  'secretsmanager:ListSecrets': ['anything'],

  'ec2:CreateSecurityGroup': ['newSecurityGroup', 'vpc'],
  'ec2:CreateTags': ['newTags'],
  'ec2:AuthorizeSecurityGroupIngress': ['securityGroup'],
  'ec2:AuthorizeSecurityGroupEgress': ['securityGroup'],
  'ec2:RevokeSecurityGroupIngress': ['securityGroup'],
  'ec2:RevokeSecurityGroupEgress': ['securityGroup'],
  'ec2:DeleteSecurityGroup': ['securityGroup'],
  'ec2:DescribeSecurityGroups': ['anything'],
  'ec2:DescribeSubnets': ['anything'],
  'ec2:DescribeNetworkInterfaces': ['anything'],

  'tag:GetResources': ['anything'],
};

/** Additional actions of the Terraform provider, beyond those of mayfly itself. */
export const terraformActions: typeof actions = {
  'iam:UpdateRoleDescription': ['role'],
  'iam:ListAttachedRolePolicies': ['role'],
  'iam:ListInstanceProfilesForRole': ['role'],
  'secretsmanager:GetResourcePolicy': ['secret'],
  'secretsmanager:ListSecretVersionIds': ['secret'],
  'secretsmanager:UpdateSecretVersionStage': ['secret'],
};

/** Calls that need no permission. */
export const freeCalls: readonly string[] = ['sts:GetCallerIdentity'];
