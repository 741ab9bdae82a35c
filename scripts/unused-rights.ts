import type { IModule } from 'dependency-cruiser';
import type { Room } from './architecture-rules.ts';

/** What the rules allow: the table of rooms and the other lists. */
export interface Rights {
  readonly rooms: Readonly<Record<string, Room>>;
  /** Interface files that other rooms may import directly, as paths under src. */
  readonly openFiles: readonly string[];
  /** Rooms that may start child processes. */
  readonly startsProcesses: readonly string[];
}

/** One import: the room it is in, and what it resolves to. */
interface Import {
  readonly room: string;
  readonly target: string;
}

/** Returns a line for each right that none of `modules` uses. Type-only imports count as uses. */
export function unusedRights(rights: Rights, modules: readonly IModule[]): string[] {
  const imports = modules.flatMap((m) => {
    const room = roomOf(m.source);
    return room === undefined ? [] : m.dependencies.map((d): Import => ({ room, target: d.resolved }));
  });
  return [
    ...Object.entries(rights.rooms).flatMap(([room, row]) => unusedOfRoom(room, row, imports)),
    ...rights.openFiles.filter((file) => !isEntered(file, imports)).map((file) => fault(file, 'is an open file')),
    ...rights.startsProcesses
      .filter((room) => !imports.some((i) => i.room === room && /^(node:)?child_process$/.test(i.target)))
      .map((room) => fault(room, 'may start child processes')),
  ];
}

function unusedOfRoom(room: string, { may, files = [], packages = [] }: Room, all: readonly Import[]): string[] {
  const targets = all.filter((i) => i.room === room).map((i) => i.target);
  const isUsedRoom = (other: string): boolean =>
    targets.some((t) => roomOf(t) === other && !files.includes(t.slice('src/'.length)));
  const isUsedFile = (file: string): boolean =>
    !may.includes(file.split('/')[0] ?? '') && targets.includes(`src/${file}`);
  const isUsedPackage = (name: string): boolean => targets.some((t) => t.includes(`node_modules/${name}/`));
  return [
    ...may.filter((other) => !isUsedRoom(other)).map((other) => fault(room, `may import ${other}`)),
    ...files.filter((file) => !isUsedFile(file)).map((file) => fault(room, `may import ${file}`)),
    ...packages.filter((name) => !isUsedPackage(name)).map((name) => fault(room, `may load the package ${name}`)),
  ];
}

/** Whether another room imports `file`. */
function isEntered(file: string, imports: readonly Import[]): boolean {
  return imports.some((i) => i.target === `src/${file}` && i.room !== roomOf(i.target));
}

/** The folder under src that holds `path`, if any. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function fault(subject: string, right: string): string {
  return `${subject} ${right}, and nothing uses that right [unused-right] withdraw it from scripts/architecture-rules.ts and docs/ARCHITECTURE.md`;
}
