import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js';
import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import type { ITerraformDependable } from 'cdktf/lib/terraform-dependable.js';
import type { Construct } from 'constructs';
import { type Labels, labelKeys } from '../src/labels.js';
import {
  type AwsFacts,
  awsFacts,
  type AwsNames,
  awsNames,
  type RoleId,
  rolePath,
  rolePolicyName,
  tagValue,
} from '../src/backends/aws/names.js';
import { ownershipLabels, type StackInput, WorkerStack } from './common.js';
import { addressOf } from '../src/spec/address.js';

/** Tags of the lease and tags that a user adds are in no stack, so changes of tags are ignored. */
export const onTags = { lifecycle: { ignoreChanges: ['tags', 'tags_all'] } };

/** A secret. Resources that read its value depend on `version`. */
export interface MadeSecret {
  arn: string;
  version: ITerraformDependable;
}

/** Base of the AWS stack: place, names, tags, roles and secrets of a worker. */
export class AwsWorkerStack extends WorkerStack {
  readonly facts: AwsFacts;
  readonly names: AwsNames;
  readonly secretsVersion: string;
  private readonly owner: string;

  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    const { spec, offer } = input;
    this.facts = awsFacts(offer);
    this.names = awsNames(spec.name, this.facts.region);
    this.secretsVersion = this.variable('secrets_version', 'A whole number that changes when a secret does.').stringValue;
    // A variable, so that different users synthesize the same stack.
    this.owner = this.variable('owner', 'ARN of who made the worker.').stringValue;
  }

  /** The tags that an object has from its creation. */
  tags(type: string, id: string): Labels {
    const labels = Object.entries(ownershipLabels(this.input.spec, addressOf(type, id), this.input.longest)).map(([key, value]) => [
      key,
      tagValue(value),
    ]);
    return { ...Object.fromEntries(labels), [labelKeys.owner]: this.owner, ...this.birthLabels(), ...this.originLabel(id) };
  }

  /** A role for an AWS service. */
  role(id: RoleId, service: string): IamRole {
    const role = new IamRole(this, `role_${id}`, {
      name: this.names.roles[id],
      path: rolePath,
      description: this.described(),
      assumeRolePolicy: policy([
        {
          Effect: 'Allow',
          Principal: { Service: service },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': this.facts.account } },
        },
      ]),
      tags: this.tags('aws_iam_role', id),
      ...onTags,
    });
    role.overrideLogicalId(id);
    return role;
  }

  /** Permissions of a role. They refer to the role's id, so a replaced role gets a new policy too. */
  allow(id: RoleId, role: IamRole, statements: object[]): IamRolePolicy {
    const own = new IamRolePolicy(this, `policy_${id}`, { name: rolePolicyName, role: role.id, policy: policy(statements) });
    own.overrideLogicalId(id);
    return own;
  }

  /** A secret. Its value comes from an ephemeral variable: neither the stack nor a state holds it. */
  secret(id: string, name: string, variable: string, description: string): MadeSecret {
    const secret = new SecretsmanagerSecret(this, `secret_${id}`, {
      name,
      description: this.described(),
      recoveryWindowInDays: 0,
      tags: this.tags('aws_secretsmanager_secret', id),
      ...onTags,
    });
    secret.overrideLogicalId(id);
    const value = this.variable(variable, description, true);
    value.addOverride('ephemeral', true);
    const version = new SecretsmanagerSecretVersion(this, `value_${id}`, { secretId: secret.id, secretStringWo: value.stringValue });
    version.overrideLogicalId(id);
    version.addOverride('secret_string_wo_version', this.secretsVersion);
    return { arn: secret.arn, version };
  }

  described(): string {
    return `mayfly worker ${this.input.spec.name}`;
  }
}

function policy(statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
