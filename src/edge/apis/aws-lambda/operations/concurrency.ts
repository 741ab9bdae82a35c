import { LATEST } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import type { Operations } from '../../../../operations/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { numberIn } from '../../../aws/members.ts';
import { AUTHOR, isPublished } from '../facts.ts';
import { detailOf, functionsOnly, namedIn, unqualified } from '../lookups.ts';

/** AWS's concurrency of an account, and how much of it stays without a reservation. */
export const CONCURRENCY = 1000;
/** How much of it must stay. */
export const UNRESERVED = 100;
/** AWS's limit of all code of an account (bytes). */
const TOTAL_CODE = 80_530_636_800;
const UNZIPPED = 262_144_000;
const ZIPPED = 52_428_800;

/** Reserved concurrency, which is lam's setting of that name, and what of the account is used. */
export const CONCURRENCY_ACTIONS: AwsActions = {
  PutFunctionConcurrency: put,
  GetFunctionConcurrency: (call) => {
    const { reservedConcurrency: reserved } = detailOf(call, unqualified(call)).config;
    return reserved === null ? {} : { ReservedConcurrentExecutions: reserved };
  },
  DeleteFunctionConcurrency: remove,
  GetAccountSettings: ({ operations }) => ({
    AccountLimit: {
      TotalCodeSize: TOTAL_CODE,
      CodeSizeUnzipped: UNZIPPED,
      CodeSizeZipped: ZIPPED,
      ConcurrentExecutions: CONCURRENCY,
      UnreservedConcurrentExecutions: CONCURRENCY - sumOf(operations, ({ config }) => config.reservedConcurrency ?? 0),
    },
    AccountUsage: {
      TotalCodeSize: sumOf(operations, codeSize) + layerSizes(operations),
      FunctionCount: operations.functions.names().length,
    },
  }),
};

type Detail = ReturnType<typeof detailOf>;

function sumOf({ functions }: Operations, of: (detail: Detail) => number): number {
  return functions.names().reduce((sum, name) => sum + of(functions.detail(name)), 0);
}

/** As AWS counts: `$LATEST`, and each published version by itself. */
function codeSize(detail: Detail): number {
  const { allVersions, live } = detail;
  return allVersions.reduce((sum, version) => {
    const times = Number(version.version === live) + Number(isPublished(detail, version));
    return sum + times * (version.zip?.size ?? version.size);
  }, 0);
}

function layerSizes({ layers }: Operations): number {
  return layers
    .list()
    .reduce((sum, { name }) => sum + layers.list(name).reduce((bytes, { size }) => bytes + size, 0), 0);
}

async function put(call: AwsCall): Promise<unknown> {
  const { operations } = call;
  if (namedIn(call).qualifier !== undefined) throw functionsOnly();
  const { name, config } = detailOf(call, unqualified(call), LATEST);
  const reserved = numberIn(call.input, 'ReservedConcurrentExecutions') ?? 0;
  const others = sumOf(operations, (each) => each.config.reservedConcurrency ?? 0) - (config.reservedConcurrency ?? 0);
  if (others + reserved > CONCURRENCY - UNRESERVED)
    throw lamError('LAM_AWS_PARAMETER', {
      message: `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED}].`,
    });
  await operations.config.patch(name, { set: { reservedConcurrency: reserved }, by: AUTHOR });
  return { ReservedConcurrentExecutions: reserved };
}

async function remove(call: AwsCall): Promise<undefined> {
  const { operations } = call;
  const { name } = detailOf(call, unqualified(call));
  await operations.config.patch(name, { unset: ['reservedConcurrency'], by: AUTHOR });
  // One of lam.yaml counts until a live setting says otherwise.
  if (operations.functions.detail(name).config.reservedConcurrency !== null)
    await operations.config.patch(name, { set: { reservedConcurrency: null }, by: AUTHOR });
  return undefined;
}
