const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `0 B`, `1.5 KiB`, `20 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

/** A span for people: `12 ms`, `0.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** How long ago: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. Both in milliseconds since the epoch. */
export function formatAge(at: number, now: number): string {
  return Math.round((now - at) / 1000) < 10 ? 'just now' : `${formatSpan(at, now)} ago`;
}

/** How long a state has lasted: `0 s`, `50 s`, `5 min`, `3 h`, `2 d`. Both in milliseconds since the epoch. */
export function formatSpan(since: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** How long until, rounded: `now`, `in 50 s`, `in 5 min`, `in 3 h`, `in 2 d`. Both in milliseconds since the epoch. */
export function formatUntil(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  if (seconds <= 0) return 'now';
  if (seconds < 60) return `in ${seconds} s`;
  const [minutes, hours] = [Math.round(seconds / 60), Math.round(seconds / 3600)];
  if (minutes < 60) return `in ${minutes} min`;
  return hours < 24 ? `in ${hours} h` : `in ${Math.round(seconds / 86_400)} d`;
}

/** `1 version`, `2 versions`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Milliseconds since the epoch of `5m` (that long before `now`; s, m, h, d), an ISO date, or digits (seconds since the
 * epoch). Undefined for anything else.
 */
export function parseTime(text: string, now: number): number | undefined {
  const age = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/.exec(text);
  if (age !== null)
    return now - Number(age[1]) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[age[2] ?? 's'] ?? 1000);
  if (/^[0-9]{9,11}$/.test(text)) return Number(text) * 1000;
  if (!/^[0-9]{4}-[0-9]{2}/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
