/**
 * Content type of a streamed answer whose body begins with the head of an HTTP response: JSON with `statusCode`,
 * `headers` and `cookies`, then {@link HTTP_STREAM_NULS} NUL bytes (AWS).
 */
export const HTTP_STREAM = 'application/vnd.awslambda.http-integration-response';
export const HTTP_STREAM_NULS = 8;
/** The content type of a streamed answer that names none (AWS). */
export const PLAIN_STREAM = 'application/octet-stream';
