import { AWS_SERVICES, type AwsEndpoints, type AwsSettings } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { DaemonSettings } from './fast/daemon-settings.ts';
import type { Env } from './fast/terminal.ts';

/** Flags about AWS. */
export interface AwsFlags {
  readonly 'aws-account'?: string | undefined;
  readonly 'aws-region'?: string | undefined;
  /** `SERVICE=URL` each. */
  readonly 'aws-endpoint'?: readonly string[] | undefined;
}

type AwsPart = Pick<DaemonSettings, 'aws'>;

/** Protocols of the addresses of services. */
const PROTOCOLS = { sqs: ['http:', 'https:'], s3: ['http:', 'https:'], mq: ['amqp:', 'amqps:'] } as const;

/**
 * The settings in `LAM_AWS_ACCOUNT`, `LAM_AWS_REGION`, `LAM_AWS_ENDPOINT_URL_<SERVICE>` and the variables of AWS's own clients,
 * `AWS_ENDPOINT_URL_<SERVICE>`. Throws `LAM_CLI_BAD_AWS_SETTING` for lam's own.
 */
export function awsFromEnvironment(env: Env): AwsPart {
  const { LAM_AWS_ACCOUNT: account = '', LAM_AWS_REGION: region = '' } = env;
  const endpoints = AWS_SERVICES.flatMap((service) => {
    const name = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
    const own = env[`LAM_${name}`] ?? '';
    if (own !== '') return [[service, endpointOf(service, own, `LAM_${name}`)] as const];
    const shared = env[name] ?? '';
    return isEndpoint(service, shared) ? [[service, shared] as const] : [];
  });
  return partOf({
    ...(account === '' ? {} : { account: accountOf(account, 'LAM_AWS_ACCOUNT') }),
    ...(region === '' ? {} : { region: regionOf(region, 'LAM_AWS_REGION') }),
    ...(endpoints.length === 0 ? {} : { endpoints: Object.fromEntries(endpoints) as AwsEndpoints }),
  });
}

/** Settings with those that flags give. Throws `LAM_CLI_BAD_AWS_SETTING`. */
export function withAwsFlags(before: AwsSettings | undefined, flags: AwsFlags): AwsPart {
  const { 'aws-account': account, 'aws-region': region, 'aws-endpoint': given = [] } = flags;
  const endpoints = given.map((text) => {
    const [, name, url = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
    const service = AWS_SERVICES.find((each) => each === name);
    if (service === undefined)
      throw bad(text, '--aws-endpoint', `SERVICE=URL, with ${AWS_SERVICES.join(', ')} as SERVICE`);
    return [service, endpointOf(service, url, '--aws-endpoint')] as const;
  });
  return withAws(before, {
    ...(account === undefined ? {} : { account: accountOf(account, '--aws-account') }),
    ...(region === undefined ? {} : { region: regionOf(region, '--aws-region') }),
    ...(endpoints.length === 0 ? {} : { endpoints: Object.fromEntries(endpoints) as AwsEndpoints }),
  });
}

/** Settings with others on top of them. Pure. */
export function withAws(before: AwsSettings = {}, more: AwsSettings = {}): AwsPart {
  const endpoints = { ...before.endpoints, ...more.endpoints };
  return partOf({ ...before, ...more, ...(Object.keys(endpoints).length === 0 ? {} : { endpoints }) });
}

function partOf(aws: AwsSettings): AwsPart {
  return Object.keys(aws).length === 0 ? {} : { aws };
}

function accountOf(text: string, from: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw bad(text, from, 'an account of AWS: 12 digits');
}

function regionOf(text: string, from: string): string {
  if (/^(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d$/.test(text)) return text;
  throw bad(text, from, 'a region of AWS, such as eu-central-1');
}

function endpointOf(service: keyof typeof PROTOCOLS, text: string, from: string): string {
  if (isEndpoint(service, text)) return text;
  throw bad(text, from, `the address of ${service}, such as ${PROTOCOLS[service][0]}//localhost:9000`);
}

function isEndpoint(service: keyof typeof PROTOCOLS, text: string): boolean {
  // A reference to a variable, in the place of a password.
  const url = URL.parse(text.replaceAll(/\$\{\w+\}/g, 'x'));
  return PROTOCOLS[service].some((scheme) => url?.href.startsWith(scheme));
}

function bad(text: string, from: string, wanted: string): Error {
  return lamError('LAM_CLI_BAD_AWS_SETTING', { text, from, wanted });
}
