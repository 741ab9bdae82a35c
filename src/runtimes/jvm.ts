import { dirname } from 'node:path';
import type { ArchiveUse, ProgramOnPath, RuntimeDescriptor, Toolchain } from './descriptor.ts';
import { foreignPrefix } from './prefix.ts';

/**
 * Folder of an artifact that holds what starts a Java function: the jars of AWS's runtime interface client, its native
 * library and the file of arguments with the class path.
 */
export const JVM_FOLDER = '.lam/jvm';
/** File of arguments of `java` in {@link JVM_FOLDER}; its paths are relative to the code's root. */
export const JVM_ARGUMENTS = `${JVM_FOLDER}/arguments`;
/** Native library of the client in {@link JVM_FOLDER}. */
export const JVM_LIBRARY = `${JVM_FOLDER}/libaws-lambda-jni.so`;

/** The client loads its library from here; else it unpacks it into a `/tmp` that others may share. */
const LIBRARY_PROPERTY = 'com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI';
const CLIENT = 'com.amazonaws.services.lambda.runtime.api.client.AWSLambda';

/** Memory of a Java process besides its heap (MiB): class data, code, stacks of the smallest function. */
const BASE_MIB = 64;
const SMALLEST_HEAP_MIB = 32;

/** `pkg.Class` or `pkg.Class::method`. */
const HANDLER = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)*(?:::[\p{L}_$][\p{L}\p{N}_$]*)?$/u;

const JAVA: ProgramOnPath = {
  kind: 'on-path',
  title: 'Java',
  programs: () => ['java'],
  installations: ['/usr/lib/jvm'],
  ask: ['-XshowSettings:properties', '-version'],
  answer(printed) {
    const home = /^\s*java\.home = (.+)$/m.exec(printed)?.[1];
    const version = /^\s*java\.version = (\d+(?:\.\d+)*)/m.exec(printed)?.[1];
    return home === undefined || version === undefined ? undefined : { executable: `${home}/bin/java`, version };
  },
  oldest: '17',
  inImage: 'java',
  parts: {
    ask: [],
    folders: (_, executable) => [dirname(dirname(executable))],
    leaveOut: ['jmods', 'demo', 'legal', 'man', 'include', 'src.zip', 'ct.sym'],
  },
  folders: foreignPrefix,
  supply: { debian: 'default-jre-headless', site: 'https://adoptium.net/' },
};

const TOOLCHAINS: readonly Toolchain[] = [
  {
    title: 'JDK',
    program: 'javac',
    ask: ['-version'],
    wantedFor: null,
    supply: { debian: 'default-jdk-headless', site: 'https://adoptium.net/' },
  },
  {
    title: 'Maven',
    program: 'mvn',
    ask: ['--version'],
    wantedFor: null,
    supply: { debian: 'maven', site: 'https://maven.apache.org/download.cgi' },
  },
];

/** What differs between languages on the Java virtual machine. */
export type JvmLanguage = Pick<RuntimeDescriptor, 'parse' | 'identifiers' | 'awsIdentifiers' | 'isManaged'>;

/** Returns the runtime of a language whose artifacts are jars, started by AWS's client for Java. */
export function jvmRuntime(language: JvmLanguage): RuntimeDescriptor {
  return {
    ...language,
    handler: {
      default: 'example.Handler',
      file: (handler) => (handler.split('::', 1)[0] ?? '').replaceAll('.', '/'),
      fault: (handler) =>
        HANDLER.test(handler)
          ? undefined
          : "must read 'package.Class' or 'package.Class::method', for instance 'example.Handler'",
    },
    protocol: 'runtime-api',
    entry: {
      kind: 'interpreter',
      interpreter: JAVA,
      client: null,
      // Whoever sets the sharing of classes has it as set.
      wantsArchive: ({ JAVA_TOOL_OPTIONS: options = '' }) => !options.includes('-Xshare'),
      arguments: ({ taskRoot, handler, memoryMiB, archive }) => [
        ...FLAGS,
        ...(archive === null ? [] : ARCHIVE_FLAGS[archive.does](archive.file)),
        `-Xmx${Math.max(SMALLEST_HEAP_MIB, memoryMiB - BASE_MIB)}m`,
        `-D${LIBRARY_PROPERTY}=${taskRoot}/${JVM_LIBRARY}`,
        `@${taskRoot}/${JVM_ARGUMENTS}`,
        CLIENT,
        handler,
      ],
    },
    toolchains: TOOLCHAINS,
    stems: 'per-version',
    publishedImage: (version = '21') => `eclipse-temurin:${version}-jre`,
    environment: () => ({}),
    defaultTemplate: 'hello',
  };
}

/** For processes that live shortly and have little memory; the first two are AWS's choice, too. */
const FLAGS: readonly string[] = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-XX:-UsePerfData',
  // The default since Java 18; the locale may be missing.
  '-Dfile.encoding=UTF-8',
  // The client loads its library, about which Java 24 and newer print a warning otherwise.
  '--enable-native-access=ALL-UNNAMED',
];

/** Archives of application classes ("AppCDS"). Messages about one that does not fit are of no use to callers. */
const ARCHIVE_FLAGS: Readonly<Record<ArchiveUse['does'], (file: string) => readonly string[]>> = {
  use: (file) => [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds*=off'],
  record: (file) => [`-XX:ArchiveClassesAtExit=${file}`, '-Xlog:cds*=off'],
};
