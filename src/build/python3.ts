import { rm } from 'node:fs/promises';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';
import type { FamilyBuild } from './family-build.ts';
import { INSTALLED, type PackageRules } from './package-rules.ts';
import { installPythonDependencies } from './pip-install.ts';
import { ANY_HANDLER, noDependencies, plainSources, type Dependencies } from './plain-sources.ts';

/** The author's folder on top of what pip installs from requirements.txt. */
export const python3: FamilyBuild = {
  candidates(handler) {
    const base = DESCRIPTORS.python3.handler.file(handler);
    return [`${base}.py`, `${base}/__init__.py`];
  },
  sources: (fn, context) => plainSources(fn, (rules) => dependencies(fn, rules, context)),
  sourceKey: ANY_HANDLER,
  inline(code) {
    const name = /^(?:async\s+)?def\s+(lambda_handler|handler)\b/m.exec(code)?.[1] ?? 'lambda_handler';
    return { file: 'lambda_function.py', executable: false, handler: `lambda_function.${name}` };
  },
};

async function dependencies(fn: ProjectFunction, rules: PackageRules, context: BuildContext): Promise<Dependencies> {
  const installed = await installPythonDependencies(fn, context);
  if (installed === undefined) return noDependencies(rules);
  const layer: Layer = { root: installed.folder, prefix: '', rules: INSTALLED };
  const dispose = async (): Promise<void> => {
    if (installed.isTemporary) await rm(installed.folder, { recursive: true, force: true });
  };
  return { rules, layers: [layer], dispose };
}
