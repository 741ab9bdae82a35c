import type { RuntimeDescriptor } from './descriptor.ts';

const BOOTSTRAP = 'bootstrap';

/** `Assembly::Namespace.Type::Method`, or the name of an assembly that is a program. */
const HANDLER = /^[\w.-]+(?:::[\p{L}\p{N}_.+`]+::[\p{L}\p{N}_]+)?$/u;

/**
 * C# and other languages of .NET: built by the .NET SDK and run by AWS's client, or built by Mono's C# compiler and run
 * by a client of lam's own. The artifact's `bootstrap` starts whichever built it.
 */
export const dotnet: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^dotnet(?:core)?(\d+)?(?:\.\d+)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['dotnet', 'dotnet8'],
  awsIdentifiers: ['dotnetcore1.0', 'dotnetcore2.1', 'dotnetcore3.1', 'dotnet6', 'dotnet8', 'dotnet10'],
  handler: {
    default: 'Function::Example.Function::Handle',
    file: () => BOOTSTRAP,
    fault: (handler) =>
      HANDLER.test(handler)
        ? undefined
        : "must read 'Assembly::Namespace.Type::Method' or name a program's assembly, for instance 'Function::Example.Function::Handle'",
  },
  protocol: 'runtime-api',
  entry: { kind: 'executable', file: BOOTSTRAP, clientSource: 'client-dotnet' },
  toolchains: [
    {
      title: '.NET SDK',
      program: 'dotnet',
      ask: ['--version'],
      wantedFor: 'functions with packages from NuGet',
      supply: { debian: null, site: 'https://dotnet.microsoft.com/download' },
    },
    {
      title: "Mono's C# compiler",
      program: 'mcs',
      ask: ['--version'],
      wantedFor: 'functions without such packages, where the .NET SDK is missing',
      supply: { debian: 'mono-mcs', site: 'https://www.mono-project.com/download/stable/' },
    },
  ],
  stems: 'all-versions',
  isManaged: true,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
