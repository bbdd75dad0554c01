import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed, says } from '../errors.js';
import { labelsFrom, tagList } from '../tags.js';
import { complete, optionalText, tagAttributes, text, wantedTags } from './attributes.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';
import { createOrAdopt } from './create-or-adopt.js';

const schema = schemas.secret;

/** Finds a secret by name or ARN; `null` if there is none or it is being deleted. */
export async function findSecret(aws: Aws, id: string, signal?: AbortSignal): Promise<DescribeSecretCommandOutput | null> {
  return ifThere(async () => {
    const found = await aws.secrets.describeSecret({ SecretId: id }, signal);
    return found.DeletedDate ? null : found;
  }, 'ResourceNotFoundException');
}

/** Removes a secret at once, without a recovery window that would keep its name in use. */
export async function removeSecret(aws: Aws, id: string, signal?: AbortSignal): Promise<void> {
  await ifThere(() => aws.secrets.deleteSecret({ SecretId: id, ForceDeleteWithoutRecovery: true }, signal), 'ResourceNotFoundException');
}

/** Whether a deleted secret still holds its name, for a short time. */
const nameHeld = (error: unknown) => says(error, 'InvalidRequestException', /scheduled for deletion/i);

export function secretDriver(aws: Aws): Driver {
  const actual = (
    found: Pick<DescribeSecretCommandOutput, 'ARN' | 'Name' | 'Description' | 'KmsKeyId' | 'Tags'>,
    known: Attributes,
  ): Actual => {
    const labels = labelsFrom(found.Tags);
    const said = {
      id: found.ARN ?? null,
      name: found.Name ?? null,
      name_prefix: '',
      region: aws.place.region,
      arn: found.ARN ?? null,
      description: found.Description ?? '',
      kms_key_id: found.KmsKeyId ?? '',
      policy: '',
      ...tagAttributes(labels),
    };
    return { id: found.ARN!, attributes: complete(schema, known, said), labels };
  };
  const read = async (id: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const found = await findSecret(aws, id, signal);
    return found && actual(found, known);
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const name = text(wanted['name']);
      const tags = wantedTags(wanted);
      const input = { Name: name, Description: optionalText(wanted['description']), KmsKeyId: optionalText(wanted['kms_key_id']) };
      return createOrAdopt({
        ...{ kind: 'secret', name, labels: tags },
        async create() {
          const create = () => aws.secrets.createSecret({ ...input, Tags: tagList(tags) }, signal);
          return actual({ ...input, ...(await aws.settle(nameHeld, create, signal)), Tags: tagList(tags) }, wanted);
        },
        isTaken: (error) => isNamed(error, 'ResourceExistsException'),
        find: () => read(name, wanted, signal),
      });
    },
    async update(id, wanted, changes, { signal }) {
      const changed = new Set(changes.map(({ path }) => path));
      // An empty key id means the account's default key.
      const KmsKeyId = changed.has('kms_key_id') ? text(wanted['kms_key_id']) : undefined;
      if (changed.has('description') || changed.has('kms_key_id')) {
        await aws.secrets.updateSecret({ SecretId: id, Description: text(wanted['description']), KmsKeyId }, signal);
      }
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeSecret(aws, id, signal),
  };
}
