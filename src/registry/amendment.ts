import type { AmendRequest, ConfigInput, FlagSettings, FunctionConfig, PublishRequest } from '../contract/index.ts';
import type { FunctionRecord } from '../store/index.ts';
import { withoutSettings } from './layers.ts';
import { requireVersion } from './records.ts';

/** Returns the request that publishes a function's live version again, with the changes of `request`. Pure. */
export function amendedRequest(record: FunctionRecord, request: AmendRequest): PublishRequest {
  const live = requireVersion(record, record.live);
  const { code, config = {}, foreign, ...rest } = request;
  const replaces = Object.keys(config) as (keyof FunctionConfig)[];
  const flags: FlagSettings = withoutSettings(live.flags ?? {}, replaces);
  const input: ConfigInput = { ...live.input, ...config };
  const zip = code === undefined ? live.zip : code.zip;
  const facts = foreign === undefined ? live.foreign : { ...live.foreign, ...foreign };
  return {
    onto: { live: record.live, updatedAt: record.updatedAt },
    ...rest,
    artifact: code?.artifact ?? live.artifact,
    config: input,
    flags,
    replaces,
    ...(zip === undefined ? {} : { zip }),
    ...(facts === undefined ? {} : { foreign: facts }),
  };
}
