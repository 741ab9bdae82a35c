import type { ProjectFunction } from '../../project/index.ts';
import { lamError } from '../../errors/index.ts';
import type { BuildContext } from '../artifact.ts';
import type { Layer } from '../collect.ts';
import { cachedFolder } from '../dependency-cache.ts';
import type { FamilyBuild, Sources } from '../family-build.ts';
import { EVERYTHING, packageRules } from '../package-rules.ts';
import { plainSources } from '../plain-sources.ts';
import { isToolPresent, requireTool } from '../run-tool.ts';
import { sourceKey } from '../source-key.ts';
import { compileForMono, packagesBeyondMono } from './mono.ts';
import { dotnetProject, type DotnetProject } from './project-file.ts';
import { publishWithSdk } from './sdk.ts';

const BOOTSTRAP = 'bootstrap';

/** A project that the .NET SDK publishes, or Mono's compiler compiles; without a project file the folder as it is. */
export const dotnet: FamilyBuild = {
  candidates: () => [BOOTSTRAP],
  async sources(fn, context) {
    const project = fn.build.command === undefined ? await dotnetProject(fn) : undefined;
    return project === undefined ? plainSources(fn) : builtSources(fn, project, context);
  },
  inline: null,
};

/** A way to build a project into a folder. */
type Way = typeof publishWithSdk;

async function builtSources(fn: ProjectFunction, project: DotnetProject, context: BuildContext): Promise<Sources> {
  refuseOtherAssembly(fn, project);
  const build = await wayOf(fn, project);
  const rules = await packageRules(fn, { onlyIncluded: true });
  const made = { leftOut: ['bin', 'obj'], madeWith: [build.name] };
  const folder = await cachedFolder(context.workspace, 'dotnet', await sourceKey(fn, made, context), (draft) =>
    build(fn, project, draft, context),
  );
  const layers: readonly Layer[] = [
    { root: folder, prefix: '', rules: EVERYTHING },
    { root: fn.directory, prefix: '', rules },
  ];
  return { layers, dispose: () => Promise.resolve() };
}

/** The SDK, which can build everything; where it is missing Mono, for class libraries that need no other packages. */
async function wayOf(fn: ProjectFunction, project: DotnetProject): Promise<Way> {
  const isForMono = !project.isProgram && packagesBeyondMono(project).length === 0;
  if (isForMono && !(await isToolPresent('dotnet')) && (await isToolPresent('mcs'))) return compileForMono;
  await requireTool({ functionName: fn.name, program: 'dotnet', why: whyNoOther(project) });
  return publishWithSdk;
}

function whyNoOther(project: DotnetProject): string {
  if (project.isProgram) return `to publish the program ${project.assembly}`;
  const packages = packagesBeyondMono(project);
  return packages.length === 0
    ? 'the .NET SDK, to publish a project; mcs of Mono compiles it as well'
    : `the .NET SDK, for its packages ${packages.join(', ')}`;
}

/** A handler in another assembly than the project's is a typing error more often than a reference. */
function refuseOtherAssembly(fn: ProjectFunction, { assembly, file, isProgram }: DotnetProject): void {
  const [named = '', type] = fn.config.handler.split('::');
  if (type === undefined ? isProgram : named === assembly) return;
  const { handler } = fn.config;
  throw lamError('LAM_BUILD_ASSEMBLY_MISMATCH', { function: fn.name, handler, assembly, file, isProgram });
}
