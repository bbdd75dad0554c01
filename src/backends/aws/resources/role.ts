import type { Role } from '@aws-sdk/client-iam';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed } from '../errors.js';
import { labelsFrom, tagList } from '../tags.js';
import { complete, optionalText, tagAttributes, text, time, wantedTags } from './attributes.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';
import { createOrAdopt } from './create-or-adopt.js';

const schema = schemas.role;

/** Returns a role with its tags; `null` if there is none. */
export async function findRole(aws: Aws, name: string, signal?: AbortSignal): Promise<Role | null> {
  return ifThere(async () => (await aws.iam.getRole({ RoleName: name }, signal)).Role ?? null, 'NoSuchEntityException');
}

/** Removes a role, after its own policies. */
export async function removeRole(aws: Aws, name: string, policies: readonly string[], signal?: AbortSignal): Promise<void> {
  for (const policy of policies) await removeRolePolicy(aws, name, policy, signal);
  await ifThere(async () => {
    // IAM is eventually consistent: the next call may still see the removed policy.
    const gone = (error: unknown) => isNamed(error, 'DeleteConflictException', 'ConcurrentModificationException');
    await aws.settle(gone, () => aws.iam.deleteRole({ RoleName: name }, signal), signal);
  }, 'NoSuchEntityException');
}

export async function removeRolePolicy(aws: Aws, role: string, policy: string, signal?: AbortSignal): Promise<void> {
  await ifThere(() => aws.iam.deleteRolePolicy({ RoleName: role, PolicyName: policy }, signal), 'NoSuchEntityException');
}

export function roleDriver(aws: Aws): Driver {
  const actual = (role: Role, known: Attributes): Actual => {
    const labels = labelsFrom(role.Tags);
    const said = {
      id: role.RoleName ?? null,
      name: role.RoleName ?? null,
      name_prefix: '',
      arn: role.Arn ?? null,
      assume_role_policy: decodeURIComponent(role.AssumeRolePolicyDocument ?? ''),
      create_date: time(role.CreateDate),
      description: role.Description ?? '',
      max_session_duration: role.MaxSessionDuration ?? 3600,
      path: role.Path ?? '/',
      permissions_boundary: role.PermissionsBoundary?.PermissionsBoundaryArn ?? '',
      unique_id: role.RoleId ?? null,
      // In our stacks, policies are separate resources.
      inline_policy: [],
      managed_policy_arns: [],
      ...tagAttributes(labels),
    };
    return { id: role.RoleName!, attributes: complete(schema, known, said), labels };
  };
  const read = async (name: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const role = await findRole(aws, name, signal);
    return role && actual(role, known);
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const name = text(wanted['name']);
      const tags = wantedTags(wanted);
      const input = {
        RoleName: name,
        Path: text(wanted['path']),
        AssumeRolePolicyDocument: text(wanted['assume_role_policy']),
        Description: optionalText(wanted['description']),
        MaxSessionDuration: Number(wanted['max_session_duration'] ?? 3600),
        PermissionsBoundary: optionalText(wanted['permissions_boundary']),
        Tags: tagList(tags),
      };
      return createOrAdopt({
        ...{ kind: 'role', name, labels: tags },
        async create() {
          const { Role: role } = await aws.iam.createRole(input, signal);
          return actual({ ...role!, Tags: tagList(tags), Description: role!.Description ?? input.Description }, wanted);
        },
        isTaken: (error) => isNamed(error, 'EntityAlreadyExistsException'),
        find: () => read(name, wanted, signal),
      });
    },
    async update(id, wanted, changes, { signal }) {
      const changed = new Set(changes.map(({ path }) => path));
      if (changed.has('assume_role_policy')) {
        await aws.iam.updateAssumeRolePolicy({ RoleName: id, PolicyDocument: text(wanted['assume_role_policy']) }, signal);
      }
      if (changed.has('description') || changed.has('max_session_duration')) {
        const MaxSessionDuration = Number(wanted['max_session_duration'] ?? 3600);
        await aws.iam.updateRole({ RoleName: id, Description: text(wanted['description']), MaxSessionDuration }, signal);
      }
      // Our stacks set no permissions boundary: a user has added this one.
      if (changed.has('permissions_boundary')) {
        await ifThere(() => aws.iam.deleteRolePermissionsBoundary({ RoleName: id }, signal), 'NoSuchEntityException');
      }
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeRole(aws, id, [], signal),
  };
}
