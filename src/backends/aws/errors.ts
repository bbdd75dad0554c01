import { type ErrorCode, type Limit, MayflyError, type MayflyErrorOptions } from '../../errors.js';

/** An error answer of AWS, with AWS's own name for it. */
export class AwsError extends MayflyError {
  constructor(
    readonly awsName: string,
    code: ErrorCode,
    options: MayflyErrorOptions,
  ) {
    super(code, options);
  }
}

/** AWS's name of an error, for errors of the SDK and ours. */
export function nameOf(error: unknown): string {
  if (error instanceof AwsError) return error.awsName;
  return error instanceof Error ? error.name : '';
}

export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes(nameOf(error));
}

/** The result of `ask`; `null` if AWS answers with an error named in `absent`. */
export async function ifThere<T>(ask: () => Promise<T>, ...absent: string[]): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isNamed(error, ...absent)) return null;
    throw error;
  }
}

/** Whether an error has this name and a matching message. For names that AWS uses for several errors. */
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
const quota = /^(LimitExceeded|ServiceQuotaExceeded|QuotaExceeded|ResourceLimitExceeded|VpcLimitExceeded)|LimitExceeded(Exception)?$/;
const brokenOff = /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout)/;
const failedInside = /^(InternalError|InternalFailure|InternalServer|ServerException|ServiceUnavailable|ServiceException)/;

/** Whether the same call may succeed later: throttling, a failure inside AWS, a broken connection. */
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

/** Meanings of error answers. The first match counts. */
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
    remedy: 'log in again, and check that they are for this account and region',
  },
  {
    when: /^(AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden)/,
    code: 'backend_refused',
    cause: (action, message) => `not allowed to call ${action}: ${message}`,
    remedy: `allow it for the user or role that runs mayfly: \`mayfly doctor --aws-policy\` prints all permissions that it needs`,
  },
  {
    when: brokenOff,
    code: 'backend_unreachable',
    cause: (action, message) => `AWS does not answer (${action}): ${message || 'the connection broke off'}`,
    remedy: 'check the region and the network (AWS_ENDPOINT_URL, HTTPS_PROXY)',
  },
];

/** Turns a failure of a call into an AwsError. `action`: in IAM's spelling (`ecs:CreateService`). */
export function explain(error: unknown, action: string): unknown {
  if (error instanceof MayflyError || !(error instanceof Error)) return error;
  const { name, code = '', message } = error as SdkError;
  const meaning = meanings.find(({ when }) => when.test(name) || when.test(code));
  return new AwsError(name, meaning?.code ?? 'backend_refused', {
    cause: meaning?.cause(action, message) ?? `AWS refused ${action}: ${message || name}`,
    remedy: meaning?.remedy ?? 'change the spec or the account accordingly, then run the same command again',
    limit: limitOf(error as SdkError),
    error,
  });
}

function limitOf({ name, code = '', message }: SdkError): Limit | undefined {
  if (throttled.test(name) || throttled.test(code)) return 'rate';
  // ECS reports its quota of tasks as a ClientException.
  return quota.test(name) || quota.test(code) || /reached the limit on/i.test(message) ? 'quota' : undefined;
}
