import type { MachineReport, RuntimeReport, ToolchainReport } from '../services/runtimes.ts';
import { facts, table } from './table.ts';

/** Text of `lam runtimes`: a row a runtime, then whether Docker can be used. */
export function renderRuntimes({ runtimes, docker }: MachineReport, limit?: number): string {
  const rows = table(
    runtimes,
    [
      { heading: 'RUNTIME', cell: ({ runtime }) => runtime },
      { heading: 'USABLE', cell: ({ usable }) => (usable ? 'yes' : 'no') },
      { heading: 'VERSION', cell: ({ version }) => version ?? '' },
      { heading: 'BUILDS WITH', cell: ({ toolchains }) => toolchains.map(toolchainText).join(', '), drop: 1 },
      { heading: 'TO INSTALL', cell: toInstall, least: 20 },
    ],
    limit,
  );
  const engine = docker.usable ? `yes, ${docker.engine} answers` : `no: ${docker.why}`;
  return [rows, facts([['docker', engine]], limit)].join('\n\n');
}

/** Text of `lam runtimes RUNTIME`. */
export function renderRuntime(report: RuntimeReport, limit?: number): string {
  const { runtime, version, program, identifiers, awsIdentifiers, drivers, toolchains } = report;
  const use = ({ usable, why }: { readonly usable: boolean; readonly why: string | null }): string =>
    usable ? 'usable' : `not usable: ${why}`;
  return facts(
    [
      ['runtime', runtime],
      ...(version === null ? [] : [['version', version] as const]),
      ...(program === null ? [] : [['program', program] as const]),
      ['identifiers', identifiers.join(', ')],
      ...(awsIdentifiers.length === 0 ? [] : [["AWS's", awsIdentifiers.join(', ')] as const]),
      ['docker', use(drivers.docker)],
      ['process', use(drivers.process)],
      ...toolchains.map((each) => ['builds with', buildsWith(each)] as const),
    ],
    limit,
  );
}

function toolchainText({ title, version }: ToolchainReport): string {
  return version === null ? `no ${title}` : `${title} ${version}`;
}

function buildsWith(toolchain: ToolchainReport): string {
  const { title, version, wantedFor, had } = toolchain;
  const purpose = wantedFor === null ? '' : ` (for ${wantedFor})`;
  return version === null ? `${title}${purpose}, which is missing: ${install(had)}` : `${title} ${version}${purpose}`;
}

function install({ debian, site }: ToolchainReport['had']): string {
  return debian === null ? site : `apt-get install ${debian}`;
}

/** What makes an unusable runtime usable. */
function toInstall({ missing }: RuntimeReport): string {
  const packages = missing.flatMap(({ had }) => had.debian ?? []);
  const sites = missing.flatMap(({ had }) => (had.debian === null ? had.site : []));
  return [...(packages.length === 0 ? [] : [`apt-get install ${packages.join(' ')}`]), ...sites].join(', ');
}
