import { entry } from '../entry.ts';

export const OCI = {
  LAM_OCI_BAD_REFERENCE: entry<{ text: string; why: string; nearest: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.text}' is not a reference to an OCI registry: ${d.why}`,
    hint: (d) => `write it like this: ${d.nearest}`,
  }),
  LAM_OCI_NOT_FOUND: entry<{ reference: string; what: 'repository' | 'tag' | 'digest'; tags: readonly string[] }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) =>
      `the registry has no ${d.what === 'repository' ? 'repository for' : `such ${d.what}:`} '${d.reference}'`,
    hint: (d) =>
      d.tags.length === 0
        ? 'check the name, and that it was pushed there: lam push --help'
        : `use one of its tags: ${d.tags.slice(0, 10).join(', ')}${d.tags.length > 10 ? ' ...' : ''}`,
  }),
  LAM_OCI_UNAUTHORIZED: entry<{ host: string; repository: string; known: boolean }>({
    kind: 'unauthenticated',
    fault: 'caller',
    message: (d) =>
      d.known
        ? `the registry '${d.host}' does not accept the credentials of docker's configuration for '${d.repository}'`
        : `the registry '${d.host}' wants credentials for '${d.repository}'`,
    hint: (d) => `log in, which lam uses too: docker login ${d.host}`,
  }),
  LAM_OCI_DENIED: entry<{ host: string; repository: string; action: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `the registry '${d.host}' does not let this user ${d.action} '${d.repository}'`,
    hint: (d) => `ask its owner for the right, or log in as another user: docker login ${d.host}`,
  }),
  LAM_OCI_UNREACHABLE: entry<{ host: string; reason: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the registry '${d.host}' can't be reached: ${d.reason}`,
    hint: () => 'check its name and port, the network, and that it runs',
  }),
  LAM_OCI_SCHEME: entry<{ host: string; spoken: 'http' | 'https' }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) =>
      d.spoken === 'https'
        ? `the registry '${d.host}' speaks plain HTTP, and lam asked by HTTPS`
        : `the registry '${d.host}' speaks HTTPS, and lam asked by plain HTTP`,
    hint: (d) =>
      d.spoken === 'https'
        ? 'add --plain-http if you trust the network in between; for 127.0.0.1 and localhost lam does so by itself'
        : 'leave --plain-http out; a registry on this machine that speaks HTTPS is reached by the name in its certificate',
  }),
  LAM_OCI_CERTIFICATE: entry<{ host: string; reason: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the certificate of the registry '${d.host}' is not trusted: ${d.reason}`,
    hint: () => 'name the file of its authority in a variable: export NODE_EXTRA_CA_CERTS=ca.pem',
  }),
  LAM_OCI_BROKEN_OFF: entry<{ host: string; what: string; reason: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the registry '${d.host}' broke off ${d.what}: ${d.reason}`,
    hint: () => 'nothing half-made is left; run the command again',
  }),
  LAM_OCI_REFUSED: entry<{ host: string; status: number; what: string; reason: string }>({
    kind: 'failed_precondition',
    fault: 'host',
    message: (d) =>
      `the registry '${d.host}' answered ${d.status} to ${d.what}${d.reason === '' ? '' : `: ${d.reason}`}`,
    hint: () => "see the registry's own log; if it is only busy, run the command again",
  }),
  LAM_OCI_DIGEST_MISMATCH: entry<{ what: string; expected: string; found: string }>({
    kind: 'failed_precondition',
    fault: 'host',
    message: (d) => `${d.what} is not what its digest says: ${d.expected} expected, ${d.found} received`,
    hint: () => 'it was altered in the registry or on the way; nothing was kept; push it again',
  }),
  LAM_OCI_NOT_A_FUNCTION: entry<{ reference: string; type: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `'${d.reference}' is no function of lam but ${d.type}`,
    hint: () =>
      'functions get there with lam push; an image runs as a function with runtime: provided-image in lam.yaml',
  }),
  LAM_OCI_NEWER: entry<{ reference: string; schema: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `'${d.reference}' was pushed by a newer lam, whose format (${d.schema}) this one can't read`,
    hint: () => 'update lam on this machine, or push it again with this version',
  }),
  LAM_OCI_INVALID: entry<{ reference: string; why: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `'${d.reference}' can't be used: ${d.why}`,
    hint: () => 'push the function again: lam push --help',
  }),
  LAM_OCI_TOO_LARGE: entry<{ what: string; size?: number; limit: number }>({
    kind: 'too_large',
    fault: 'caller',
    message: (d) =>
      `${d.what} has ${d.size ?? 'more'} bytes${d.size === undefined ? ` than the limit, ${d.limit}` : `; the limit is ${d.limit}`}`,
    hint: () => 'leave out what the function does not need, in .lamignore',
  }),
  LAM_OCI_FOLDER_EXISTS: entry<{ directory: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `'${d.directory}' exists and is not an empty folder`,
    hint: () => 'name another one: lam pull REFERENCE --to FOLDER',
  }),
  LAM_OCI_IMAGE_FUNCTION: entry<{ name: string; image: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `'${d.name}' runs from a container image ('${d.image}'), which only Docker can push`,
    hint: (d) => `push the image: docker push ${d.image}`,
  }),
  LAM_OCI_DOCKER_CONFIG: entry<{ file: string; why: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `docker's configuration '${d.file}' can't be used: ${d.why}`,
    hint: () => 'correct the file, or make it anew: docker login HOST; DOCKER_CONFIG names another folder',
  }),
  LAM_OCI_HELPER_FAILED: entry<{ helper: string; host: string; reason: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `the credential helper '${d.helper}' has no answer for '${d.host}': ${d.reason}`,
    hint: (d) => `try it by hand: echo ${d.host} | ${d.helper} get; docker's config.json names it`,
  }),
  LAM_OCI_UNSIGNED: entry<{ reference: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `'${d.reference}' has no signature`,
    hint: () => 'have it signed where it is pushed: lam push FUNCTION REFERENCE --sign KEY.pem',
  }),
  LAM_OCI_SIGNATURE_INVALID: entry<{ reference: string; why: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `no signature of '${d.reference}' is of this key: ${d.why}`,
    hint: () => 'check that --signed-by names the public key of whoever signs; do not use what it does not vouch for',
  }),
  LAM_OCI_KEY_INVALID: entry<{ file: string; why: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.file}' is no key to sign or verify with: ${d.why}`,
    hint: () =>
      'make a pair: openssl ecparam -name prime256v1 -genkey -noout -out KEY.pem && openssl ec -in KEY.pem -pubout -out KEY.pub',
  }),
  LAM_OCI_INDEX: entry<{ place: string; why: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the index '${d.place}' can't be used: ${d.why}`,
    hint: () => 'its format is in schema/index.schema.json; search a registry instead: lam search TERM --registry HOST',
  }),
} as const;
