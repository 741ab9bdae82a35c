import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  UpdateFunctionUrlConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, newFunction, type AwsHouse } from '../support/aws-house.ts';

const PAGE = 'https://app.example.com';

describe("CORS of function URLs by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  before(async () => {
    house = await awsHouse();
    ({ client } = house);
    await client.send(new CreateFunctionCommand(newFunction('surfed')));
  });
  after(() => house[Symbol.asyncDispose]());

  const preflight = (origin: string): ReturnType<typeof house.house.ask> =>
    house.house.ask('/surfed/', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-a' },
    });

  test('lets the pages in that it names, until it is changed or deleted', async () => {
    const before = await preflight(PAGE);
    assert.equal(before.status, 403);
    const cors = {
      AllowOrigins: [PAGE],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: ['x-a'],
      ExposeHeaders: ['x-total'],
      AllowCredentials: true,
      MaxAge: 60,
    };
    const made = await client.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'surfed', AuthType: 'NONE', Cors: cors }),
    );
    assert.deepEqual(made.Cors, cors);
    const { status, headers } = await preflight(PAGE);
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], PAGE);
    assert.equal(headers['access-control-allow-methods'], 'GET, POST');
    assert.equal(headers['access-control-allow-headers'], 'x-a');
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers['access-control-max-age'], '60');
    const called = await house.house.ask('/surfed/', { method: 'POST', body: '{}', headers: { origin: PAGE } });
    assert.equal(called.status, 200);
    assert.equal(called.headers['access-control-allow-origin'], PAGE);
    assert.equal(called.headers['access-control-expose-headers'], 'x-total');
    assert.equal((await preflight('https://evil.example.com')).status, 403);

    const all = { AllowOrigins: ['*'], AllowMethods: ['*'] };
    await client.send(new UpdateFunctionUrlConfigCommand({ FunctionName: 'surfed', Cors: all }));
    await client.send(new UpdateFunctionUrlConfigCommand({ FunctionName: 'surfed', InvokeMode: 'RESPONSE_STREAM' }));
    const got = await client.send(new GetFunctionUrlConfigCommand({ FunctionName: 'surfed' }));
    assert.deepEqual([got.Cors, got.InvokeMode], [all, 'RESPONSE_STREAM']);
    const open = await preflight('https://any.example.com');
    assert.deepEqual(
      [open.headers['access-control-allow-origin'], open.headers['access-control-allow-methods']],
      ['*', 'POST'],
    );
    await client.send(new DeleteFunctionUrlConfigCommand({ FunctionName: 'surfed' }));
    assert.equal((await preflight(PAGE)).status, 403);
  });

  test('is refused where browsers would refuse it', async () => {
    await assert.rejects(
      client.send(
        new CreateFunctionUrlConfigCommand({
          FunctionName: 'surfed',
          AuthType: 'NONE',
          Cors: { AllowOrigins: ['*'], AllowCredentials: true },
        }),
      ),
      awsError('InvalidParameterValueException', /^Cors has credentials in cors for all origins/),
    );
    await assert.rejects(
      client.send(new GetFunctionUrlConfigCommand({ FunctionName: 'surfed' })),
      awsError('ResourceNotFoundException', 'The resource you requested does not exist.'),
    );
  });
});
