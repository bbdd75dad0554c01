import { expect, test } from 'vitest';
import { signedHeaders } from '../../../src/dispatch/results/signed-headers.js';
import { urlOf } from '../../../src/dispatch/results/to-bucket.js';

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const now = Date.parse('2013-05-24T00:00:00Z');

test('the example of the S3 documentation has the signature of the documentation', async () => {
  const headers = await signedHeaders({
    ...{ method: 'GET', url: urlOf('https://examplebucket.s3.amazonaws.com', ['test.txt']), region: 'us-east-1', credentials, now },
    headers: { range: 'bytes=0-9', 'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  });
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

test('a PUT with a port and an escaped key has the signature that botocore computes', async () => {
  const headers = await signedHeaders({
    ...{ method: 'PUT', region: 'eu-west-1', credentials, now },
    url: urlOf('https://storage.example.com:9000', ['bucket', 'runs', "it's (1) ä.txt"]),
    headers: { 'content-length': '3', 'x-amz-content-sha256': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  });
  expect(headers).toMatchObject({
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request, SignedHeaders=content-length;host;x-amz-content-sha256;x-amz-date, Signature=f18404da84c049f33d64dd2ea375f8cf02ba5f82fd66b4e1ee3d897fb4448558',
  });
});

test('a session token is signed, too', async () => {
  const headers = await signedHeaders({
    ...{ method: 'PUT', url: new URL('http://127.0.0.1:9000/bucket/a'), headers: {}, region: 'eu-west-1', now },
    credentials: { ...credentials, sessionToken: 'token' },
  });
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token');
});

test('keys are escaped once, each part by itself', () => {
  expect(urlOf('http://127.0.0.1:9000/base/', ['bucket', 'a b', "it's (1)*!/ä%.txt"]).href).toBe(
    'http://127.0.0.1:9000/base/bucket/a%20b/it%27s%20%281%29%2A%21/%C3%A4%25.txt',
  );
});
