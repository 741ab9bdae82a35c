export async function runApp(): Promise<number> { await import('@oclif/core'); await import('listr2'); await import('execa'); return 0; }
export function reportFailure(): number { return 1; }
