import { describeTemplateTests } from '../support/template-tests.ts';
import { IS_BINARY } from './session.ts';

// The first time dependencies are compiled, too.
if (!IS_BINARY)
  describeTemplateTests(
    [
      ['rust', 'hello', 'cargo', ['test', '--release']],
      ['rust', 'http-api', 'cargo', ['test', '--release']],
      ['crystal', 'hello', 'crystal', ['spec']],
      ['java', 'hello', 'mvn', ['--batch-mode', 'test']],
      ['java', 'http-api', 'mvn', ['--batch-mode', 'test']],
      ['scala', 'hello', 'mvn', ['--batch-mode', 'test']],
      ['kotlin', 'hello', 'mvn', ['--batch-mode', 'test']],
    ],
    600_000,
  );
