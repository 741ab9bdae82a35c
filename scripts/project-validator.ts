import { dirname } from 'node:path';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';
import { projectSchema } from '../src/project/schema.ts';
import { VALIDATION } from '../src/project/validator.ts';

/** Returns the code of a function `validate`, which Ajv makes of the schema of lam.yaml. */
export function projectValidatorCode(): string {
  const ajv = new Ajv({ ...VALIDATION, code: { source: true } });
  return standaloneCode.default(ajv, ajv.compile(projectSchema()));
}

/** Puts that code into a bundle in place of the module that makes it. */
export const CHECK_MADE_AHEAD: Plugin = {
  name: 'lam-yaml-check',
  setup(build) {
    build.onLoad({ filter: /[/\\]src[/\\]project[/\\]validator\.ts$/ }, ({ path }) => ({
      contents: `const module = { exports: undefined };
${projectValidatorCode()}
const validate = module.exports;
export const schemaErrors = (value) => (validate(value) ? [] : (validate.errors ?? []));
`,
      loader: 'js',
      resolveDir: dirname(path),
    }));
  },
};
