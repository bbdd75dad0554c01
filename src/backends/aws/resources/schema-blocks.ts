import type { ValueType } from '../../../plan/resource-schema.js';
import { blocks, stringSet, strings, unusedIn } from './schema-words.js';

// Types of the nested blocks of resources.

export const rule: ValueType = {
  set: {
    object: {
      cidr_blocks: strings,
      description: 'string',
      from_port: 'number',
      ipv6_cidr_blocks: strings,
      prefix_list_ids: strings,
      protocol: 'string',
      security_groups: stringSet,
      self: 'bool',
      to_port: 'number',
    },
    defaults: { cidr_blocks: [], description: '', ipv6_cidr_blocks: [], prefix_list_ids: [], security_groups: [], self: false },
  },
};

export const target = blocks(
  {
    arn: 'string',
    dead_letter_config: unusedIn,
    ecs_parameters: unusedIn,
    eventbridge_parameters: unusedIn,
    input: 'string',
    kinesis_parameters: unusedIn,
    retry_policy: blocks({ maximum_event_age_in_seconds: 'number', maximum_retry_attempts: 'number' }),
    role_arn: 'string',
    sagemaker_pipeline_parameters: unusedIn,
    sqs_parameters: unusedIn,
  },
  {
    dead_letter_config: [],
    ecs_parameters: [],
    eventbridge_parameters: [],
    input: '',
    kinesis_parameters: [],
    sagemaker_pipeline_parameters: [],
    sqs_parameters: [],
  },
);

export const volume: ValueType = {
  set: {
    object: {
      configure_at_launch: 'bool',
      docker_volume_configuration: unusedIn,
      efs_volume_configuration: unusedIn,
      fsx_windows_file_server_volume_configuration: unusedIn,
      host_path: 'string',
      name: 'string',
      s3files_volume_configuration: unusedIn,
    },
    defaults: {
      configure_at_launch: false,
      docker_volume_configuration: [],
      efs_volume_configuration: [],
      fsx_windows_file_server_volume_configuration: [],
      host_path: '',
      s3files_volume_configuration: [],
    },
  },
};
