import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../../project/index.ts';
import type { BuildContext } from '../artifact.ts';
import { runTool } from '../run-tool.ts';
import { writeBootstrap } from './bootstrap.ts';
import type { DotnetProject } from './project-file.ts';

/** AWS's client for .NET, as published. */
const CLIENT = { name: 'Amazon.Lambda.RuntimeSupport', version: '1.13.1' };
/** Assembly of the program that starts AWS's client for a class library. */
const HOST = 'LamHost';
/** For projects that inherit their framework. */
const USUAL_FRAMEWORK = 'net8.0';
const PUBLISH = [
  'publish',
  '--configuration',
  'Release',
  '--nologo',
  '--verbosity',
  'quiet',
  '--self-contained',
  'false',
];

/**
 * Publishes a project with the .NET SDK into `folder`: a program as it is, a class library together with a program that
 * runs AWS's client with the handler. Throws the errors of a build tool.
 */
export async function publishWithSdk(
  fn: ProjectFunction,
  project: DotnetProject,
  folder: string,
  context: BuildContext,
): Promise<void> {
  const path = join(fn.directory, project.file);
  if (project.isProgram) {
    await dotnet(fn, [...PUBLISH, '--output', folder, path], context);
    await writeBootstrap(folder, startOf(project.assembly));
    return;
  }
  // Beside the result and not in it: its intermediate files are no part of the artifact.
  const host = `${folder}-host`;
  try {
    await mkdir(host, { recursive: true });
    await writeFile(join(host, `${HOST}.csproj`), hostProject(path, project.framework ?? USUAL_FRAMEWORK));
    await writeFile(join(host, 'Program.cs'), HOST_PROGRAM);
    await dotnet(fn, [...PUBLISH, '--output', folder, join(host, `${HOST}.csproj`)], context);
  } finally {
    await rm(host, { recursive: true, force: true });
  }
  await writeBootstrap(folder, startOf(HOST));
}

function startOf(assembly: string): string {
  return `exec dotnet "$LAMBDA_TASK_ROOT/${assembly}.dll" "$_HANDLER"`;
}

function dotnet(fn: ProjectFunction, words: readonly string[], context: BuildContext): Promise<unknown> {
  return runTool(
    {
      functionName: fn.name,
      program: 'dotnet',
      title: 'dotnet publish',
      arguments: words,
      directory: fn.directory,
      environment: { DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' },
      why: 'to publish a project of .NET',
    },
    context,
  );
}

const HOST_PROGRAM = `using System.Threading.Tasks;
using Amazon.Lambda.RuntimeSupport;

internal static class Program
{
    private static Task Main(string[] arguments) => new RuntimeSupportInitializer(arguments[0]).RunLambdaBootstrap();
}
`;

function hostProject(project: string, framework: string): string {
  const escaped = project.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <AssemblyName>${HOST}</AssemblyName>
    <TargetFramework>${framework}</TargetFramework>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="${CLIENT.name}" Version="${CLIENT.version}" />
    <ProjectReference Include="${escaped}" />
  </ItemGroup>
</Project>
`;
}
