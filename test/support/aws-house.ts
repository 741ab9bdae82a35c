import { LambdaClient, type CreateFunctionCommandInput } from '@aws-sdk/client-lambda';
import { zipOf } from '../unit/store/support.ts';
import { edgeHouse, type EdgeHouse, type Handlers, type Variations } from './edge-house.ts';

/** A daemon whose sandboxes are in memory, and AWS's own client of it. */
export interface AwsHouse extends AsyncDisposable {
  readonly house: EdgeHouse;
  readonly client: LambdaClient;
}

/** Starts an {@link AwsHouse}. */
export async function awsHouse(handlers?: Handlers, more?: Variations): Promise<AwsHouse> {
  const house = await edgeHouse(handlers, more);
  const client = new LambdaClient({
    endpoint: house.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  return {
    house,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await house[Symbol.asyncDispose]();
    },
  };
}

export const ROLE = 'arn:aws:iam::000000000000:role/test';

/** A zip of a function that answers `text`. */
export function codeZip(text = 'hello'): Buffer {
  return zipOf([{ name: 'index.js', content: `exports.handler = async () => ${JSON.stringify(text)};` }]);
}

/** The input that creates a function. */
export function newFunction(name: string, more: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput {
  return {
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: ROLE,
    Code: { ZipFile: codeZip() },
    ...more,
  };
}

/** Whether an error is AWS's of this name, with a message. */
export function awsError(name: string, message: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    const { name: is, message: said } = error as Error;
    const fits = typeof message === 'string' ? said === message : message.test(said);
    if (is !== name || !fits) throw new Error(`${is}: ${said}`, { cause: error });
    return true;
  };
}
