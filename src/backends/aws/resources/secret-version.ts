import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { isNamed } from '../errors.js';
import { complete, optionalText, setOf, text } from './attributes.js';
import { findSecret } from './secret.js';
import { schemas } from './schemas.js';

const schema = schemas.secretVersion;
const current = 'AWSCURRENT';

/** The id of the current version: `<arn>|<version>`; `null` if the secret has no value. */
export function currentVersion({
  ARN,
  VersionIdsToStages,
}: Pick<DescribeSecretCommandOutput, 'ARN' | 'VersionIdsToStages'>): string | null {
  const version = Object.entries(VersionIdsToStages ?? {}).find(([, stages]) => stages.includes(current));
  return version ? `${ARN}|${version[0]}` : null;
}

/** The driver of secrets' values. A value is sent to AWS and stored nowhere here; a new number writes it again. It has no tags. */
export function secretVersionDriver(aws: Aws): Driver {
  const actual = (arn: string, version: string, stages: readonly string[], known: Attributes): Actual => {
    const id = `${arn}|${version}`;
    const said = {
      id,
      arn,
      has_secret_string_wo: known['secret_string_wo_version'] != null,
      region: aws.place.region,
      secret_arn: arn,
      secret_id: known['secret_id'] ?? arn,
      secret_binary: '',
      secret_string: '',
      version_id: version,
      version_stages: setOf(stages),
    };
    return { id, attributes: complete(schema, known, said), labels: {} };
  };
  const put = async (wanted: Attributes, signal: AbortSignal): Promise<Actual> => {
    const input = {
      SecretId: text(wanted['secret_id']),
      SecretString: optionalText(wanted['secret_string_wo']) ?? text(wanted['secret_string']),
    };
    // AWS may not find the new secret yet.
    const unknown = (error: unknown) => isNamed(error, 'ResourceNotFoundException');
    const { ARN, VersionId, VersionStages = [] } = await aws.settle(unknown, () => aws.secrets.putSecretValue(input, signal), signal);
    return actual(ARN!, VersionId!, VersionStages, wanted);
  };

  return {
    schema,
    async read(id, known) {
      const [arn, version] = id.split('|') as [string, string];
      const found = await findSecret(aws, arn);
      const stages = found?.VersionIdsToStages?.[version];
      return stages ? actual(arn, version, stages, known) : null;
    },
    create: (_address, wanted, { signal }) => put(wanted, signal),
    update: (_id, wanted, _changes, { signal }) => put(wanted, signal),
    // A secret's current version cannot be removed; it is removed with the secret.
    delete: async () => {},
  };
}
