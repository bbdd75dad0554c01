import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';

export { IAMClient as Client };
export const commands = {
  createRole: CreateRoleCommand,
  deleteRole: DeleteRoleCommand,
  deleteRolePermissionsBoundary: DeleteRolePermissionsBoundaryCommand,
  deleteRolePolicy: DeleteRolePolicyCommand,
  getRole: GetRoleCommand,
  getRolePolicy: GetRolePolicyCommand,
  listRolePolicies: ListRolePoliciesCommand,
  listRoles: ListRolesCommand,
  putRolePolicy: PutRolePolicyCommand,
  updateAssumeRolePolicy: UpdateAssumeRolePolicyCommand,
  updateRole: UpdateRoleCommand,
};
