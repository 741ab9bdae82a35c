/** Formats of the access log: an object as JSON per line, or the Common Log Format of web servers. */
export const ACCESS_LOG_FORMATS = ['json', 'common'] as const;
export type AccessLogFormat = (typeof ACCESS_LOG_FORMATS)[number];
