import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';

export { SecretsManagerClient as Client };
export const commands = {
  createSecret: CreateSecretCommand,
  deleteSecret: DeleteSecretCommand,
  describeSecret: DescribeSecretCommand,
  getSecretValue: GetSecretValueCommand,
  listSecrets: ListSecretsCommand,
  putSecretValue: PutSecretValueCommand,
  updateSecret: UpdateSecretCommand,
};
