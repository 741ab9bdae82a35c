import { Flags } from '@oclif/core';
import {
  ACCESS_LOG_FORMATS,
  CONFIG_BOUNDS,
  DRIVER_NAMES,
  type AccessLogFormat,
  type OtherApiPort,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { withAwsFlags, type AwsFlags } from './aws-settings.ts';
import { otherApiPortOf, type DaemonSettings } from './fast/daemon-settings.ts';

/** Smallest memory limit of a sandbox (MiB). */
const [LEAST_MIB] = CONFIG_BOUNDS.memoryMiB;

/** Flags of the commands that start a daemon. */
export const DAEMON_FLAGS = {
  driver: Flags.option({ options: ['auto', ...DRIVER_NAMES] as const, env: 'LAM_DRIVER' })({
    summary: 'Driver that makes sandboxes; auto uses docker if an engine answers, otherwise process.',
  }),
  host: Flags.string({
    summary: 'Address to listen on for HTTP; any other than loopback requires LAM_TOKEN.',
    helpValue: 'ADDRESS',
    env: 'LAM_HOST',
  }),
  'allow-host': Flags.string({
    summary: "Further Host names that the HTTP port accepts, also as origins of pages; '*' for all.",
    helpValue: 'NAME[,NAME]',
    env: 'LAM_ALLOWED_HOSTS',
  }),
  'access-log': Flags.option({ options: ['off', ...ACCESS_LOG_FORMATS] as const, env: 'LAM_ACCESS_LOG' })({
    summary: 'Write a line per request on the HTTP port to access.log in the home.',
  }),
  glambdar: Flags.string({
    summary: "Port of its own for Glambdar's API, or off; by default it answers beside functions.",
    helpValue: ':PORT|off',
    env: 'LAM_GLAMBDAR',
  }),
  'aws-account': Flags.string({
    summary: 'AWS account of functions, in their ARNs (default 000000000000).',
    helpValue: 'DIGITS',
    env: 'LAM_AWS_ACCOUNT',
  }),
  'aws-region': Flags.string({
    summary: 'AWS region of functions, in their ARNs and environment (default us-east-1).',
    helpValue: 'REGION',
    env: 'LAM_AWS_REGION',
  }),
  'aws-endpoint': Flags.string({
    summary: "Server with the API of a service of AWS (sqs, s3), or a RabbitMQ broker (mq), that AWS's clients name.",
    helpValue: 'SERVICE=URL',
    multiple: true,
  }),
  'mini-lambda': Flags.string({
    summary: "Port of Mini-Lambda's API, or off, as by default.",
    helpValue: ':PORT|off',
    env: 'LAM_MINI_LAMBDA',
  }),
  memory: Flags.string({
    summary: 'Upper limit of the memory of all sandboxes together, MiB (default 80 % of the machine).',
    helpValue: 'MIB',
    env: 'LAM_MEMORY',
  }),
};

/** Parses the value of `--memory` or `LAM_MEMORY`, which `from` names (MiB). Throws `LAM_CLI_BAD_MEMORY`. */
export function memoryOf(text: string, from: string): number {
  const memoryMiB = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && memoryMiB >= LEAST_MIB) return memoryMiB;
  throw lamError('LAM_CLI_BAD_MEMORY', { text, from, leastMiB: LEAST_MIB });
}

const HOST_NAME = /^(?:\*|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f]*:[0-9a-f:.]*)$/;

/** Parses the value of `--allow-host` or `LAM_ALLOWED_HOSTS`, which `from` names. Throws `LAM_CLI_BAD_HOST_NAME`. */
export function hostsOf(list: string, from: string): readonly string[] {
  const names = list.toLowerCase().split(',');
  for (const text of names) if (!HOST_NAME.test(text)) throw lamError('LAM_CLI_BAD_HOST_NAME', { text, from });
  return names;
}

/** Parses the value of a flag with the port of another product's API. Throws `LAM_CLI_BAD_API_PORT`. */
function apiPortIn(text: string, flag: string): OtherApiPort {
  const port = otherApiPortOf(text);
  if (port === undefined) throw lamError('LAM_CLI_BAD_API_PORT', { text, flag });
  return port;
}

/** The settings, with those given as flags replaced. */
export function withDaemonFlags(
  settings: DaemonSettings,
  flags: {
    readonly driver?: DaemonSettings['driver'] | undefined;
    readonly host?: string | undefined;
    readonly memory?: string | undefined;
    readonly 'allow-host'?: string | undefined;
    readonly 'access-log'?: 'off' | AccessLogFormat | undefined;
    readonly glambdar?: string | undefined;
    readonly 'mini-lambda'?: string | undefined;
  } & AwsFlags,
): DaemonSettings {
  const { accessLog: before, ...rest } = settings;
  const miniLambda = flags['mini-lambda'];
  const accessLog = flags['access-log'] ?? before ?? 'off';
  return {
    ...rest,
    ...(accessLog === 'off' ? {} : { accessLog }),
    ...(flags.driver === undefined ? {} : { driver: flags.driver }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...withHosts(settings, flags['allow-host']),
    ...(flags.glambdar === undefined ? {} : { glambdar: apiPortIn(flags.glambdar, '--glambdar') }),
    ...(miniLambda === undefined ? {} : { miniLambda: apiPortIn(miniLambda, '--mini-lambda') }),
    ...(flags.memory === undefined ? {} : { memoryMiB: memoryOf(flags.memory, '--memory') }),
    ...withAwsFlags(settings.aws, flags),
  };
}

/** Allowed names of the settings and of the flag together, so that names can be added one by one. */
function withHosts(
  { allowedHosts = [] }: DaemonSettings,
  flag: string | undefined,
): Pick<DaemonSettings, 'allowedHosts'> {
  if (flag === undefined) return {};
  return { allowedHosts: [...new Set([...allowedHosts, ...hostsOf(flag, '--allow-host')])] };
}
