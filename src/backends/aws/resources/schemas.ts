import type { AttributeSchema, ResourceSchema, Value, ValueType } from '../../../plan/resource-schema.js';

const provider = 'registry.terraform.io/hashicorp/aws';

type Fields = Record<string, ValueType>;

const text: AttributeSchema = { type: 'string' };
const fixed: AttributeSchema = { type: 'string', replaces: true };
/** Only AWS decides it. */
const told: AttributeSchema = { type: 'string', computed: true };
const name: AttributeSchema = { type: 'string', computed: true, replaces: true };
const flag = (value: boolean): AttributeSchema => ({ type: 'bool', default: value });
const tags: Record<string, AttributeSchema> = {
  tags: { type: { map: 'string' } },
  tags_all: { type: { map: 'string' }, computed: true },
};
const named: Record<string, AttributeSchema> = { id: told, name, name_prefix: name };
const regional: Record<string, AttributeSchema> = { region: { type: 'string', computed: true, replaces: true } };
/** Blocks that mayfly's stacks never use; they stand empty in the state. */
const unused: AttributeSchema = { type: { list: { object: {} } } };
const unusedIn: ValueType = { list: { object: {} } };
const timeouts: AttributeSchema = { type: { object: {} } };
const strings: ValueType = { list: 'string' };
const stringSet: ValueType = { set: 'string' };
const blocks = (object: Fields, defaults: Record<string, Value> = {}): ValueType => ({ list: { object, defaults } });

/** The state's `private`, as the provider's plugin SDK writes it: its own timeouts in nanoseconds, and the schema's version. */
function privateOf(version: number, minutes?: Record<string, number>): { private?: string } {
  const own = minutes && Object.fromEntries(Object.entries(minutes).map(([key, value]) => [key, value * 60e9]));
  const content = {
    ...(own && { 'e2bfb730-ecaa-11e6-8f88-34363bc7c4c0': own }),
    ...(version > 0 && { schema_version: String(version) }),
  };
  return Object.keys(content).length === 0 ? {} : { private: Buffer.from(JSON.stringify(content)).toString('base64') };
}

function schema(
  type: string,
  attributes: Record<string, AttributeSchema>,
  { version = 0, minutes }: { version?: number; minutes?: Record<string, number> } = {},
): ResourceSchema {
  return { type, version, provider, attributes, ...privateOf(version, minutes) };
}

const rule: ValueType = {
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

const target = blocks(
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

const volume: ValueType = {
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

/** The provider's schemas (hashicorp/aws 6) of what a worker's stack holds, with the defaults and what forces a replacement. */
export const schemas = {
  scheduleGroup: schema(
    'aws_scheduler_schedule_group',
    { ...named, ...regional, ...tags, arn: told, creation_date: told, last_modification_date: told, state: told, timeouts },
    { minutes: { create: 5, delete: 5 } },
  ),
  schedule: schema('aws_scheduler_schedule', {
    ...named,
    ...regional,
    action_after_completion: told,
    arn: told,
    description: text,
    end_date: text,
    flexible_time_window: {
      type: blocks({ maximum_window_in_minutes: 'number', mode: 'string' }, { maximum_window_in_minutes: 0 }),
    },
    group_name: name,
    kms_key_arn: text,
    schedule_expression: text,
    schedule_expression_timezone: { type: 'string', default: 'UTC' },
    start_date: text,
    state: { type: 'string', default: 'ENABLED' },
    target: { type: target },
  }),
  role: schema('aws_iam_role', {
    ...named,
    ...tags,
    arn: told,
    assume_role_policy: text,
    create_date: told,
    description: text,
    force_detach_policies: flag(false),
    inline_policy: { type: { set: { object: {} } }, computed: true },
    managed_policy_arns: { type: stringSet, computed: true },
    max_session_duration: { type: 'number', default: 3600 },
    path: { type: 'string', default: '/', replaces: true },
    permissions_boundary: text,
    unique_id: told,
  }),
  rolePolicy: schema('aws_iam_role_policy', { ...named, policy: text, role: fixed }),
  logGroup: schema('aws_cloudwatch_log_group', {
    ...named,
    ...regional,
    ...tags,
    arn: told,
    deletion_protection_enabled: { type: 'bool', computed: true },
    kms_key_id: text,
    log_group_class: name,
    retention_in_days: { type: 'number', default: 0 },
    skip_destroy: flag(false),
  }),
  secret: schema('aws_secretsmanager_secret', {
    ...named,
    ...regional,
    ...tags,
    arn: told,
    description: text,
    force_overwrite_replica_secret: flag(false),
    kms_key_id: text,
    policy: told,
    recovery_window_in_days: { type: 'number', default: 30 },
    replica: { type: { set: { object: {} } } },
  }),
  secretVersion: schema('aws_secretsmanager_secret_version', {
    ...regional,
    id: told,
    arn: told,
    has_secret_string_wo: { type: 'bool', computed: true },
    secret_arn: told,
    secret_binary: { type: 'string', secret: true, replaces: true },
    secret_id: fixed,
    secret_string: { type: 'string', secret: true, replaces: true },
    secret_string_wo: { type: 'string', secret: true, writeOnly: true },
    secret_string_wo_version: { type: 'number', replaces: true },
    version_id: told,
    version_stages: { type: stringSet, computed: true },
  }),
  securityGroup: schema(
    'aws_security_group',
    {
      ...named,
      ...regional,
      ...tags,
      arn: told,
      description: { type: 'string', default: 'Managed by Terraform', replaces: true },
      egress: { type: rule, computed: true },
      ingress: { type: rule, computed: true },
      owner_id: told,
      revoke_rules_on_delete: flag(false),
      timeouts,
      vpc_id: name,
    },
    { version: 1, minutes: { create: 10, delete: 15 } },
  ),
  taskDefinition: schema(
    'aws_ecs_task_definition',
    {
      ...regional,
      ...tags,
      id: told,
      arn: told,
      arn_without_revision: told,
      container_definitions: fixed,
      cpu: fixed,
      enable_fault_injection: { type: 'bool', computed: true, replaces: true },
      ephemeral_storage: { type: blocks({ size_in_gib: 'number' }), replaces: true },
      execution_role_arn: fixed,
      family: fixed,
      ipc_mode: fixed,
      memory: fixed,
      network_mode: name,
      pid_mode: fixed,
      placement_constraints: { type: { set: { object: {} } }, replaces: true },
      proxy_configuration: { ...unused, replaces: true },
      requires_compatibilities: { type: stringSet, replaces: true },
      revision: { type: 'number', computed: true },
      runtime_platform: {
        type: blocks(
          { cpu_architecture: 'string', operating_system_family: 'string' },
          { cpu_architecture: '', operating_system_family: '' },
        ),
        replaces: true,
      },
      skip_destroy: flag(false),
      task_role_arn: fixed,
      track_latest: flag(false),
      volume: { type: volume, replaces: true },
    },
    { version: 1 },
  ),
  service: schema(
    'aws_ecs_service',
    {
      ...regional,
      ...tags,
      id: told,
      name: fixed,
      alarms: unused,
      arn: told,
      availability_zone_rebalancing: told,
      capacity_provider_strategy: { type: { set: { object: {} } } },
      cluster: name,
      deployment_circuit_breaker: { type: blocks({ enable: 'bool', rollback: 'bool' }) },
      // The provider fills it in, though its published schema does not say so of a block.
      deployment_configuration: { ...unused, computed: true },
      deployment_controller: { type: blocks({ type: 'string' }), computed: true },
      deployment_maximum_percent: { type: 'number', default: 200 },
      deployment_minimum_healthy_percent: { type: 'number', default: 100 },
      desired_count: { type: 'number' },
      enable_ecs_managed_tags: flag(false),
      enable_execute_command: flag(false),
      force_delete: { type: 'bool' },
      force_new_deployment: { type: 'bool' },
      health_check_grace_period_seconds: { type: 'number' },
      iam_role: name,
      launch_type: name,
      load_balancer: { type: { set: { object: {} } } },
      network_configuration: {
        type: blocks(
          { assign_public_ip: 'bool', security_groups: stringSet, subnets: stringSet },
          { assign_public_ip: false, security_groups: [] },
        ),
      },
      ordered_placement_strategy: unused,
      placement_constraints: { type: { set: { object: {} } } },
      platform_version: told,
      propagate_tags: text,
      scheduling_strategy: { type: 'string', default: 'REPLICA', replaces: true },
      service_connect_configuration: unused,
      service_registries: unused,
      sigint_rollback: { type: 'bool' },
      task_definition: text,
      timeouts,
      triggers: { type: { map: 'string' }, computed: true },
      volume_configuration: unused,
      vpc_lattice_configurations: { type: { set: { object: {} } } },
      wait_for_steady_state: flag(false),
    },
    { version: 1, minutes: { create: 20, delete: 20, update: 20 } },
  ),
} satisfies Record<string, ResourceSchema>;
