/** Files of `dist/assets`, by what they are for. A bundle finds them by path; a binary carries them under `assets/NAME`. */
export const ASSET_FILES = {
  bootstrapNodejs: 'bootstrap-nodejs.cjs',
  bootstrapPython3: 'bootstrap-python3.py',
  relay: 'relay.cjs',
  logWorker: 'log-worker.cjs',
} as const;
