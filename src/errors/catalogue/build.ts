import { entry } from '../entry.ts';
import { whereFrom } from '../where-from.ts';

export const BUILD = {
  LAM_BUILD_FAILED: entry<{
    function: string;
    command: string;
    /** Null when a signal ended the command. */
    exitCode: number | null;
    /** The last lines it printed, oldest first. */
    output: readonly string[];
  }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      [
        `building '${d.function}' failed: '${d.command}' ${d.exitCode === null ? 'was ended by a signal' : `exited with code ${d.exitCode}`}`,
        ...d.output.map((line) => `  ${line}`),
      ].join('\n'),
    hint: () => 'correct what the lines above report, then deploy again',
  }),
  LAM_BUILD_TOOL_MISSING: entry<{
    function: string;
    tool: string;
    why: string;
    /** The Debian package with it, else the page where it is had. */
    debian?: string;
    site?: string;
    /** Whether the code can be deployed without it, as it is. */
    isNeeded?: boolean;
  }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `building '${d.function}' needs '${d.tool}' (${d.why}), which is not on the PATH`,
    hint: (d) =>
      d.isNeeded === true
        ? `install ${d.tool}${whereFrom(d)}, then deploy again`
        : `install ${d.tool}${whereFrom(d)}, or set 'build: {dependencies: none}' in lam.yaml and provide the dependencies yourself`,
  }),
  LAM_BUILD_NO_CONTAINER: entry<{ function: string; reason: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `building '${d.function}' in a container needs Docker, which could not run one: ${d.reason}`,
    hint: () => 'start the engine and see that `docker run` works with the image, or build without --in-container',
  }),
  LAM_BUILD_CONTAINER_LACKS: entry<{ function: string; tool: string; image: string }>({
    kind: 'tool_missing',
    fault: 'caller',
    message: (d) => `building '${d.function}' in a container needs '${d.tool}', which is not in ${d.image}`,
    hint: (d) => `name an image that has '${d.tool}': 'build: {image: ...}' in lam.yaml`,
  }),
  LAM_BUILD_NO_PROGRAM: entry<{ function: string; why: string; remedy: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be compiled to one program: ${d.why}`,
    hint: (d) => `${d.remedy}, or set 'build: {command: ...}' in lam.yaml to a command that makes 'bootstrap'`,
  }),
  LAM_BUILD_NO_INLINE: entry<{ function: string; runtime: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.function}' cannot be made of code on the command line: code for '${d.runtime}' is built`,
    hint: (d) => `make a project instead: lam init ${d.function} --runtime ${d.runtime}`,
  }),
  LAM_BUILD_JAR_INVALID: entry<{ function: string; path: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: '${d.path}' ${d.why}`,
    hint: () => 'build the jar again; `unzip -l` lists what a whole one holds',
  }),
  LAM_BUILD_PROJECTS_AMBIGUOUS: entry<{ function: string; directory: string; files: readonly string[] }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      `'${d.function}' can't be built: '${d.directory}' holds ${d.files.length} projects: ${d.files.join(', ')}`,
    hint: () => 'give each project a folder of its own, and name it with `path` in lam.yaml',
  }),
  LAM_BUILD_ASSEMBLY_MISMATCH: entry<{
    function: string;
    handler: string;
    assembly: string;
    file: string;
    isProgram: boolean;
  }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      `the handler '${d.handler}' of '${d.function}' is not in what '${d.file}' makes: the ${d.isProgram ? 'program' : 'assembly'} '${d.assembly}'`,
    hint: (d) =>
      d.isProgram
        ? `set 'handler: ${d.assembly}' in lam.yaml`
        : `let the handler begin with its assembly: 'handler: ${d.assembly}::Namespace.Type::Method'`,
  }),
  LAM_BUILD_HANDLER_INVALID: entry<{ function: string; handler: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `the handler '${d.handler}' of '${d.function}' is not in its artifact: ${d.why}`,
    hint: () => "correct 'handler' in lam.yaml: 'package.Class' or 'package.Class::method'",
  }),
  LAM_BUILD_JAR_MISSING: entry<{ function: string; folder: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `building '${d.function}' made no jar in '${d.folder}'`,
    hint: () => "set the packaging 'jar' in the build file, or make the jar with build.command in lam.yaml",
  }),
  LAM_BUILD_SYMLINK_ESCAPES: entry<{ function: string; path: string; target: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: the symbolic link '${d.path}' to '${d.target}' ${d.why}`,
    hint: () => "replace the link with the file, exclude it in .lamignore, or set 'build: {bundle: true}' in lam.yaml",
  }),
  LAM_BUILD_TOO_LARGE: entry<{ function: string; what: string; limit: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: it holds ${d.what}; the limit is ${d.limit}`,
    hint: () => 'exclude files in .lamignore',
  }),
  LAM_BUILD_UNREADABLE: entry<{ function: string; path: string; reason: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: '${d.path}' can't be read (${d.reason})`,
    hint: () => 'make the file readable, or exclude it in .lamignore',
  }),
  LAM_BUILD_PATH_INVALID: entry<{ function: string; path: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: the name '${d.path}' ${d.why}`,
    hint: () => 'rename the file, or exclude it in .lamignore',
  }),
  LAM_BUILD_EMPTY: entry<{ function: string; directory: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: '${d.directory}' holds no file to package`,
    hint: () => "add the handler's file, or check whether .lamignore excludes it",
  }),
  LAM_BUILD_FILE_LOST: entry<{ path: string; reason: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.path}' could not be read while it was packed (${d.reason})`,
    hint: () => 'deploy again, and change no file during the deploy',
  }),
  LAM_BUILD_CHANGING: entry<{ function: string; path: string; readings: number }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      `'${d.function}' can't be packaged: '${d.path}' changed each time it was read (${d.readings} times)`,
    hint: () => 'stop the program that writes the file, or exclude it in .lamignore',
  }),
  LAM_BUILD_CANCELLED: entry<{ function: string }>({
    kind: 'cancelled',
    fault: 'caller',
    message: (d) => `building '${d.function}' was cancelled`,
  }),
  LAM_BUILD_NO_ENGINE: entry<{ function: string; reason: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `'${d.function}' is a container image, and no Docker engine answers: ${d.reason}`,
    hint: () => 'start the engine (sudo systemctl start docker), then deploy again',
  }),
  LAM_BUILD_IMAGE_UNNAMED: entry<{ function: string; both: boolean }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      d.both
        ? `'${d.function}' names an image and a Dockerfile; only one of them can be the function`
        : `'${d.function}' is a container image, and lam.yaml names none`,
    hint: () => "in lam.yaml, set either 'image: NAME', 'image: ./image.tar' or 'build: {dockerfile: Dockerfile}'",
  }),
  LAM_BUILD_IMAGE_MISSING: entry<{ function: string; image: string; reason: string }>({
    kind: 'tool_missing',
    fault: 'caller',
    message: (d) => `image '${d.image}' of '${d.function}' is not present and cannot be pulled: ${d.reason}`,
    hint: (d) => `see what Docker reports: docker pull '${d.image}'`,
  }),
  LAM_BUILD_IMAGE_TAR: entry<{ function: string; file: string; reason: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.file}' is not the image of '${d.function}': ${d.reason}`,
    hint: (d) => `make it with: docker save --output '${d.file}' NAME`,
  }),
  LAM_BUILD_IMAGE_NO_ENTRY: entry<{ function: string; image: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `image '${d.image}' of '${d.function}' has neither an entry point nor a command`,
    hint: () => "name one in lam.yaml: imageConfig: {entryPoint: ['/path/of/program']}",
  }),
  LAM_BUILD_IMAGE_ARCHITECTURE: entry<{ function: string; image: string; has: string; engine: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      `image '${d.image}' of '${d.function}' is built for ${d.has}, and the Docker engine runs ${d.engine}`,
    hint: (d) => `build it for this engine: docker build --platform linux/${d.engine} .`,
  }),
} as const;
