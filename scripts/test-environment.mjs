// The environment of tests: only what they need, nothing of the user who runs them.

const NAMES = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR', 'CI', 'NODE_V8_COVERAGE'],
  ...['DOCKER_HOST', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'],
  // Registries and caches of npm, pip, go and cargo.
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...[
    'GOPROXY',
    'GOSUMDB',
    'GONOSUMDB',
    'GOPRIVATE',
    'GOFLAGS',
    'GOPATH',
    'GOCACHE',
    'GOMODCACHE',
    'GOROOT',
    'PYENV_ROOT',
    'CARGO_HOME',
    'RUSTUP_HOME',
  ],
]);

const NPM_SETTINGS = new Set([
  'cache',
  'registry',
  'userconfig',
  'globalconfig',
  'cafile',
  'strict_ssl',
  'proxy',
  'https_proxy',
  'noproxy',
  'offline',
]);

/** What only the runner is to follow: a test that starts another runner would add its tests to the totals. */
const OF_THE_RUNNER = new Set(['LAM_TEST_TOTALS', 'LAM_TEST_RERUN']);

function isKept(name) {
  const npm = /^npm_config_(.+)$/i.exec(name);
  if (npm) return NPM_SETTINGS.has(npm[1].toLowerCase());
  if (OF_THE_RUNNER.has(name)) return false;
  return NAMES.has(name) || /^(?:PIP_|LC_|LAM_TEST_)/.test(name);
}

/** The variables of `env` that tests get. */
export function testEnvironment(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)));
}
