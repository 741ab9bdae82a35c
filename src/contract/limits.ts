/** Limits that CLI and daemon share. Those of AWS Lambda name their source. */
export const LIMITS = {
  /** Request and response of a synchronous invocation (bytes; AWS: 6 MiB + 100). */
  payloadBytes: 6_291_556,
  /** Streamed response (bytes; AWS: 200 MB). */
  streamedBytes: 200 * 1024 * 1024,
  /** Environment of a function, keys and values together (bytes; AWS). */
  environmentBytes: 4096,
  /** Zip upload (bytes); above AWS's 50 MB because uploads stay on the machine. */
  zipBytes: 512 * 1024 * 1024,
  /** Upload of a container image, and its layers unpacked (bytes; AWS: 10 GB). */
  imageBytes: 10 * 1024 * 1024 * 1024,
  /** Unpacked code (bytes); above AWS's 250 MB for the same reason. */
  unpackedBytes: 1024 * 1024 * 1024,
  /** Layers of a function (AWS). */
  layers: 5,
  /** Unpacked code of a function with its layers (bytes; AWS: 250 MB). Counts only for functions with layers. */
  layersBytes: 262_144_000,
  /** Files in one artifact. */
  artifactFiles: 100_000,
  /** One log record (bytes); longer ones are truncated (CloudWatch: 256 KiB). */
  logRecordBytes: 256 * 1024,
  /** Time limit from the start of a sandbox to the end of init (ms; AWS: 10 s). */
  initMs: 10_000,
} as const;
