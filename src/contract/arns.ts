/** The AWS account and region that functions have in ARNs and that AWS's clients are told. */
export interface AwsPlace {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

/** The place of a daemon that is told no other. */
export const DEFAULT_PLACE: AwsPlace = { account: '000000000000', region: 'us-east-1' };

/** Services of AWS, or servers with their APIs, that lam uses for requests of AWS's clients; `mq`: a RabbitMQ broker. */
export const AWS_SERVICES = ['sqs', 's3', 'mq'] as const;
type AwsService = (typeof AWS_SERVICES)[number];

/** Addresses of services; lam uses none that is not here. */
export type AwsEndpoints = Readonly<Partial<Record<AwsService, string>>>;

/** What a daemon is told of AWS; absent: {@link DEFAULT_PLACE}, no services. */
export interface AwsSettings extends Partial<AwsPlace> {
  readonly endpoints?: AwsEndpoints;
}

/** The ARNs of an account in a region; nothing else makes any. Pure. */
export class Arns implements AwsPlace {
  readonly account: string;
  readonly region: string;

  constructor({ account, region }: AwsPlace) {
    this.account = account;
    this.region = region;
  }

  /** Of a function, with the qualifier if there is one. */
  function(name: string, qualifier?: string): string {
    return this.#own('lambda', qualifier === undefined ? `function:${name}` : `function:${name}:${qualifier}`);
  }

  /** Of a layer, with the number of a version if there is one. */
  layer(name: string, version?: number): string {
    return this.#own('lambda', version === undefined ? `layer:${name}` : `layer:${name}:${version}`);
  }

  /** Of what AWS Lambda has besides, such as `event-source-mapping:UUID`. */
  lambda(resource: string): string {
    return this.#own('lambda', resource);
  }

  /** Of a runtime, which belongs to no account. */
  runtime(digest: string): string {
    return `arn:aws:lambda:${this.region}::runtime:${digest}`;
  }

  /** Of a log group. */
  logGroup(name: string): string {
    return this.#own('logs', `log-group:${name}`);
  }

  /** Of a queue of SQS. */
  queue(name: string): string {
    return this.#own('sqs', name);
  }

  /** Of a broker of Amazon MQ. */
  broker(name: string): string {
    return this.#own('mq', `broker:${name}`);
  }

  /** Of a rule of EventBridge. */
  rule(name: string): string {
    return this.#own('events', `rule/${name}`);
  }

  /** Of the account's root user, a role (`role/NAME`) or what else IAM has, which is in no region. */
  iam(resource: string): string {
    return `arn:aws:iam::${this.account}:${resource}`;
  }

  #own(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}:${this.account}:${resource}`;
  }
}

/** The region in an ARN; empty if it has none. Pure. */
export function regionOfArn(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/** What IAM would call the user that a key stands for (`AIDA...`). Pure. @param keyId id of the key */
export function iamUserId(keyId: string): string {
  return `AIDA${keyId.toUpperCase()}`;
}
