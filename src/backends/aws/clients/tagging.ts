import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';

export { ResourceGroupsTaggingAPIClient as Client };
export const commands = {
  getResources: GetResourcesCommand,
};
