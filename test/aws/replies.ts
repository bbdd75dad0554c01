import type { Reply } from '../support/aws-proxy.js';

/** Errors as the services of AWS say them, each in its protocol. */
export const json = (name: string, message: string, status = 400): Reply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name },
  body: JSON.stringify({ __type: name, message, Message: message }),
});
export const xml = (name: string, message: string, status = 400): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
export const ec2 = (name: string, message: string, status = 400): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<Response><Errors><Error><Code>${name}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
});

/** A call too many, as the service of `ecs:CreateService` says it. */
export function throttled(action: string): Reply {
  const service = action.split(':')[0];
  if (service === 'ec2') return ec2('RequestLimitExceeded', 'Request limit exceeded.', 503);
  if (service === 'iam' || service === 'sts') return xml('Throttling', 'Rate exceeded');
  return json('ThrottlingException', 'Rate exceeded');
}
