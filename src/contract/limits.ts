/** Numbers that both processes must agree on. Those of AWS Lambda name their source. */
export const LIMITS = {
  /** Request and response of a synchronous invocation, bytes (AWS: 6 MiB + 100). */
  payloadBytes: 6_291_556,
  /** Environment of a function: keys and values together, bytes (AWS). */
  environmentBytes: 4096,
  /** Zip upload, bytes; wider than AWS's 50 MB because nothing is sent over a network here. */
  zipBytes: 512 * 1024 * 1024,
  /** Unpacked code, bytes; wider than AWS's 250 MB for the same reason. */
  unpackedBytes: 1024 * 1024 * 1024,
  /** Files in one artifact. */
  artifactFiles: 100_000,
  /** One log record, bytes; longer ones are cut (CloudWatch: 256 KiB). */
  logRecordBytes: 256 * 1024,
  /** How long a sandbox may take from its start to the end of init (AWS: 10 s). */
  initMs: 10_000,
} as const;
