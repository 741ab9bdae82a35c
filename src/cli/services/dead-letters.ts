import { isQueueName, knownRequestId, type DeadLettersRequest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';

/** What a command says about dead letters. */
export interface DeadLetterWords {
  readonly command: 'dlq redrive' | 'dlq purge';
  readonly ids: readonly string[];
  readonly functionName: string | undefined;
  readonly all: boolean;
}

/** Which dead letters a command means: single ones, those of a function, or all. Throws `LAM_CLI_USAGE`. */
export function deadLettersOf({ command, ids, functionName, all }: DeadLetterWords): DeadLettersRequest {
  const ways = [ids.length > 0, functionName !== undefined, all].filter(Boolean).length;
  if (ways !== 1) throw lamError('LAM_CLI_USAGE', { what: 'give ids, --function NAME or --all: one of them', command });
  if (functionName !== undefined) {
    if (!isQueueName(functionName)) throw lamError('LAM_EDGE_BAD_NAME', { name: functionName });
    return { function: functionName };
  }
  return all ? {} : { ids: ids.map((id) => knownRequestId(id)) };
}
