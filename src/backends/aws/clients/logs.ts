import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';

export { CloudWatchLogsClient as Client };
export const commands = {
  createLogGroup: CreateLogGroupCommand,
  deleteLogGroup: DeleteLogGroupCommand,
  describeLogGroups: DescribeLogGroupsCommand,
  describeLogStreams: DescribeLogStreamsCommand,
  getLogEvents: GetLogEventsCommand,
  listTagsForResource: ListTagsForResourceCommand,
  putRetentionPolicy: PutRetentionPolicyCommand,
};
