import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed } from '../errors.js';
import { complete, text } from './attributes.js';
import { removeRolePolicy } from './role.js';
import { schemas } from './schemas.js';

const schema = schemas.rolePolicy;

/** The driver of policies in our roles. A policy has no tags and is removed with its role. Its id is `role:name`. */
export function rolePolicyDriver(aws: Aws): Driver {
  const actual = (role: string, name: string, policy: string, known: Attributes): Actual => ({
    id: `${role}:${name}`,
    attributes: complete(schema, known, { id: `${role}:${name}`, name, name_prefix: '', policy, role }),
    labels: {},
  });
  const put = async (wanted: Attributes, signal: AbortSignal): Promise<Actual> => {
    const [role, name, policy] = [text(wanted['role']), text(wanted['name']), text(wanted['policy'])];
    // IAM is eventually consistent: it may not find the new role yet.
    const unknown = (error: unknown) => isNamed(error, 'NoSuchEntityException');
    await aws.settle(unknown, () => aws.iam.putRolePolicy({ RoleName: role, PolicyName: name, PolicyDocument: policy }, signal), signal);
    return actual(role, name, policy, wanted);
  };

  return {
    schema,
    async read(id, known) {
      const [RoleName, PolicyName] = id.split(':') as [string, string];
      return ifThere(async () => {
        const { PolicyDocument = '' } = await aws.iam.getRolePolicy({ RoleName, PolicyName });
        return actual(RoleName, PolicyName, decodeURIComponent(PolicyDocument), known);
      }, 'NoSuchEntityException');
    },
    create: (_address, wanted, { signal }) => put(wanted, signal),
    update: (_id, wanted, _changes, { signal }) => put(wanted, signal),
    async delete(id, _known, { signal }) {
      const [role, name] = id.split(':') as [string, string];
      await removeRolePolicy(aws, role, name, signal);
    },
  };
}
