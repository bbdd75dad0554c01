import type {
  CreateScheduleCommandInput,
  GetScheduleCommandOutput,
  ScheduleState,
  ActionAfterCompletion,
  FlexibleTimeWindowMode,
} from '@aws-sdk/client-scheduler';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed, says } from '../errors.js';
import { block, complete, optionalText, text } from './attributes.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';

const schema = schemas.schedule;

/** Finds a schedule by its id, `group/name`; `null` if there is none. */
export async function findSchedule(aws: Aws, id: string, signal?: AbortSignal): Promise<GetScheduleCommandOutput | null> {
  const [GroupName, Name] = id.split('/') as [string, string];
  return ifThere(() => aws.scheduler.getSchedule({ GroupName, Name }, signal), 'ResourceNotFoundException');
}

/** Whether AWS refuses a schedule because it does not find a new role yet (IAM is eventually consistent). */
const roleUnknown = (error: unknown) =>
  says(error, 'ValidationException', /assume the role|execution role/i) || says(error, 'AccessDeniedException', /iam:PassRole/);

export function scheduleDriver(aws: Aws): Driver {
  const read = async (id: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const found = await findSchedule(aws, id, signal);
    return found && { id, attributes: complete(schema, known, said(found, aws.place.region)), labels: {} };
  };
  const made = (id: string, arn: string, wanted: Attributes): Actual => ({
    id,
    attributes: complete(schema, wanted, { id, arn, region: aws.place.region, name_prefix: '' }),
    labels: {},
  });

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const id = `${text(wanted['group_name'])}/${text(wanted['name'])}`;
      try {
        const create = () => aws.scheduler.createSchedule(request(wanted), signal);
        const { ScheduleArn } = await aws.settle(roleUnknown, create, signal);
        return made(id, ScheduleArn!, wanted);
      } catch (error) {
        // A schedule in one of our groups is ours.
        const there = isNamed(error, 'ConflictException') ? await read(id, wanted, signal) : null;
        if (there) return there;
        throw error;
      }
    },
    async update(id, wanted, _changes, { signal }) {
      await aws.settle(roleUnknown, () => aws.scheduler.updateSchedule(request(wanted), signal), signal);
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    async delete(id, _known, { signal }) {
      const [GroupName, Name] = id.split('/') as [string, string];
      await ifThere(() => aws.scheduler.deleteSchedule({ GroupName, Name }, signal), 'ResourceNotFoundException');
    },
  };
}

/** The complete schedule: an update removes all fields that it does not contain. */
function request(wanted: Attributes): CreateScheduleCommandInput {
  const target = block(wanted['target'])!;
  const window = block(wanted['flexible_time_window']);
  const retry = block(target['retry_policy']);
  return {
    Name: text(wanted['name']),
    GroupName: text(wanted['group_name']),
    Description: optionalText(wanted['description']),
    ScheduleExpression: text(wanted['schedule_expression']),
    ScheduleExpressionTimezone: text(wanted['schedule_expression_timezone']),
    State: text(wanted['state']) as ScheduleState,
    ActionAfterCompletion: optionalText(wanted['action_after_completion']) as ActionAfterCompletion | undefined,
    FlexibleTimeWindow: { Mode: text(window?.['mode']) as FlexibleTimeWindowMode },
    Target: {
      Arn: text(target['arn']),
      RoleArn: text(target['role_arn']),
      Input: optionalText(target['input']),
      ...(retry && {
        RetryPolicy: {
          MaximumEventAgeInSeconds: Number(retry['maximum_event_age_in_seconds']),
          MaximumRetryAttempts: Number(retry['maximum_retry_attempts']),
        },
      }),
    },
  };
}

/** The same schedule at another time. AWS needs all fields in an update. */
export function movedTo(found: GetScheduleCommandOutput, expression: string): CreateScheduleCommandInput {
  const { Name, GroupName, Description, ScheduleExpressionTimezone, State, ActionAfterCompletion, FlexibleTimeWindow, Target } = found;
  return {
    ...{ Name, GroupName, Description, ScheduleExpressionTimezone, State, ActionAfterCompletion, FlexibleTimeWindow, Target },
    ScheduleExpression: expression,
  };
}

function said(found: GetScheduleCommandOutput, region: string): Attributes {
  const { Target: target, FlexibleTimeWindow: window } = found;
  const retry = target?.RetryPolicy;
  const targetBlock: Record<string, Value> = {
    arn: target?.Arn ?? '',
    dead_letter_config: [],
    ecs_parameters: [],
    eventbridge_parameters: [],
    input: target?.Input ?? '',
    kinesis_parameters: [],
    retry_policy: retry
      ? [
          {
            maximum_event_age_in_seconds: retry.MaximumEventAgeInSeconds ?? 86_400,
            maximum_retry_attempts: retry.MaximumRetryAttempts ?? 185,
          },
        ]
      : [],
    role_arn: target?.RoleArn ?? '',
    sagemaker_pipeline_parameters: [],
    sqs_parameters: [],
  };
  return {
    id: `${found.GroupName}/${found.Name}`,
    name: found.Name ?? null,
    name_prefix: '',
    region,
    arn: found.Arn ?? null,
    description: found.Description ?? null,
    // AWS always returns this field. Moto leaves it out after an update.
    ...(found.ActionAfterCompletion && { action_after_completion: found.ActionAfterCompletion }),
    flexible_time_window: [{ maximum_window_in_minutes: window?.MaximumWindowInMinutes ?? 0, mode: window?.Mode ?? 'OFF' }],
    group_name: found.GroupName ?? null,
    schedule_expression: found.ScheduleExpression ?? null,
    schedule_expression_timezone: found.ScheduleExpressionTimezone ?? 'UTC',
    state: found.State ?? null,
    target: [targetBlock],
  };
}
