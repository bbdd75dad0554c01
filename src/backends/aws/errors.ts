import { type ErrorCode, MayflyError, type MayflyErrorOptions } from '../../errors.js';

/** What AWS answered instead, by its own name. */
export class AwsError extends MayflyError {
  constructor(
    readonly awsName: string,
    code: ErrorCode,
    options: MayflyErrorOptions,
  ) {
    super(code, options);
  }
}

/** What AWS calls an error; in the SDK's errors and in ours alike. */
export function nameOf(error: unknown): string {
  if (error instanceof AwsError) return error.awsName;
  return error instanceof Error ? error.name : '';
}

export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes(nameOf(error));
}

/** What `ask` gives; `null` where AWS answers by one of those names that there is no such thing. */
export async function ifThere<T>(ask: () => Promise<T>, ...absent: string[]): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isNamed(error, ...absent)) return null;
    throw error;
  }
}

/** An answer of that name whose message says it: where one name stands for much. */
export function says(error: unknown, name: string, message: RegExp): boolean {
  return isNamed(error, name) && message.test((error as Error).message);
}

interface SdkError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: object;
}

const throttled =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|BandwidthLimit|PriorRequestNotComplete|EC2Throttled)/;
const brokenOff = /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout)/;
const failedInside = /^(InternalError|InternalFailure|InternalServer|ServerException|ServiceUnavailable|ServiceException)/;

/** Worth asking again as it is: too many calls, a failure inside AWS, a connection that broke. */
export function isTransient(error: unknown): boolean {
  const { name, code = '', $metadata, $retryable } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    status >= 500 ||
    status === 429 ||
    Boolean($retryable) ||
    [throttled, brokenOff, failedInside].some((one) => one.test(name) || one.test(code))
  );
}

interface Meaning {
  when: RegExp;
  code: ErrorCode;
  cause(action: string, message: string): string;
  remedy: string;
}

/** What an answer means to whoever asked, the first that fits. */
const meanings: Meaning[] = [
  {
    when: /^(CredentialsProviderError|TokenProviderError)/,
    code: 'backend_unreachable',
    cause: (_action, message) => `no AWS credentials: ${message}`,
    remedy: 'log in (aws sso login), set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  {
    when: /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|AuthFailure|MissingAuthenticationToken|OptInRequired)/,
    code: 'backend_unreachable',
    cause: (action, message) => `AWS does not accept the credentials (${action}): ${message}`,
    remedy: 'log in again, and see that they are meant for this account and region',
  },
  {
    when: /^(AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden)/,
    code: 'backend_refused',
    cause: (action, message) => `not allowed to call ${action}: ${message}`,
    remedy: `allow it to whoever runs mayfly: \`mayfly doctor --aws-policy\` prints all that it needs`,
  },
  {
    when: brokenOff,
    code: 'backend_unreachable',
    cause: (action, message) => `AWS does not answer (${action}): ${message || 'the connection broke off'}`,
    remedy: 'see that the region is right and the network lets you through (AWS_ENDPOINT_URL, HTTPS_PROXY)',
  },
];

/** Any failure of a call as one of ours; `action` as IAM has it (`ecs:CreateService`). */
export function explain(error: unknown, action: string): unknown {
  if (error instanceof MayflyError || !(error instanceof Error)) return error;
  const { name, code = '', message } = error as SdkError;
  const known = meanings.find(({ when }) => when.test(name) || when.test(code));
  return new AwsError(name, known?.code ?? 'backend_refused', {
    cause: known?.cause(action, message) ?? `AWS refused ${action}: ${message || name}`,
    remedy: known?.remedy ?? 'change the spec or the account accordingly, then run the same command again',
    error,
  });
}
