import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Aws, openAws } from '../../src/backends/aws/clients.js';
import { placeOf } from '../../src/backends/aws/place.js';
import { systemClock } from '../../src/clock.js';
import { awsNames } from '../../src/backends/aws/names.js';
import { motoAvailable, type Moto, region, startMoto } from '../support/moto/index.js';
import { uniqueName } from '../support/temp-dir.js';
import { make, openCall, specOf } from './make.js';
import { removeWhole } from '../support/whole.js';

describe.skipIf(!motoAvailable())('the emulator answers as AWS does where the provider of Terraform asks', () => {
  let moto: Moto;
  let aws: Aws;

  beforeAll(async () => {
    moto = await startMoto();
    aws = openAws({ place: placeOf(moto.env), env: moto.env, clock: systemClock });
  });
  afterAll(async () => {
    aws.close();
    await moto.close();
  });

  test('services, log groups and secrets; what was deleted is INACTIVE', async () => {
    const name = uniqueName('w');
    const call = await openCall(moto.env);
    const { backend } = await make(call, specOf(name));
    const { common, logGroup, secret } = awsNames(name, region);
    const service = async () => (await aws.ecs.describeServices({ cluster: 'mayfly', services: [common] })).services?.[0];
    expect(await service()).toMatchObject({
      status: 'ACTIVE',
      enableECSManagedTags: true,
      availabilityZoneRebalancing: 'DISABLED',
    });
    expect((await aws.logs.describeLogGroups({ logGroupNamePrefix: logGroup })).logGroups).toMatchObject([{ logGroupClass: 'STANDARD' }]);
    const { ARN } = await aws.secrets.describeSecret({ SecretId: secret });
    const versions = await fetch(moto.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.ListSecretVersionIds',
        authorization: `AWS4-HMAC-SHA256 Credential=testing/20260101/${region}/secretsmanager/aws4_request`,
      },
      body: JSON.stringify({ SecretId: secret }),
    });
    expect(await versions.json()).toMatchObject({ ARN });
    await removeWhole(backend, name);
    expect(await service()).toMatchObject({ status: 'INACTIVE' });
    expect((await aws.ecs.listServices({ cluster: 'mayfly' })).serviceArns).toEqual([]);
    expect(await backend.list(name)).toEqual([]);
    call.close();
  });
});
