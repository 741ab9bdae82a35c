import { ARTIFACT_CONTENT_TYPE, ARTIFACT_FILES_TYPE, isDigest, type Digest } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { streamFiles } from '../artifact-files.ts';
import { bytesRoute, contentRoute, jsonRoute, type ControlRoute } from '../route.ts';

/** Uploads of code. */
export const ARTIFACT_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'artifacts.plan',
    method: 'POST',
    path: '/artifacts/plan',
    summary: 'Which files of an artifact the daemon lacks.',
    scope: 'deploy',
    body: 'Manifest',
    answer: 'PlanAnswer',
    errors: ['LAM_STORE_MANIFEST_INVALID'],
    run: ({ operations }, { body }) => operations.artifacts.plan(body),
  }),
  bytesRoute({
    id: 'artifacts.upload',
    method: 'POST',
    path: '/artifacts',
    summary:
      'Uploads an artifact: the length of its manifest (4 bytes, big-endian), that as JSON, then a zip of missing files.',
    scope: 'deploy',
    takes: [ARTIFACT_CONTENT_TYPE],
    answer: 'ArtifactAnswer',
    errors: ['LAM_STORE_MANIFEST_INVALID'],
    run: ({ operations }, { request }) => operations.artifacts.receive(request),
  }),
  contentRoute({
    id: 'artifacts.files',
    method: 'GET',
    path: '/artifacts/{artifact}/files',
    summary:
      'What an artifact holds: the length of its manifest (4 bytes, big-endian), that as JSON, then the contents of its files in order.',
    scope: 'read',
    gives: ARTIFACT_FILES_TYPE,
    errors: ['LAM_STORE_ARTIFACT_NOT_FOUND', 'LAM_STORE_ARTIFACT_LOST'],
    run: ({ operations }, { path: { artifact = '' }, reply }) =>
      operations.artifacts.files(known(artifact), (files) => streamFiles(files, reply)),
  }),
  jsonRoute({
    id: 'artifacts.merge',
    method: 'POST',
    path: '/artifacts/merge',
    summary: 'Makes one artifact of several, a later one over an earlier one.',
    scope: 'deploy',
    body: 'MergeRequest',
    answer: 'ArtifactAnswer',
    errors: ['LAM_STORE_ARTIFACT_NOT_FOUND', 'LAM_OPERATIONS_LAYERS_CONFLICT'],
    run({ operations }, { body: { artifacts } }) {
      return operations.artifacts.merge(artifacts.map(known));
    },
  }),
  bytesRoute({
    id: 'artifacts.uploadZip',
    method: 'POST',
    path: '/artifacts/zip',
    summary: 'Uploads a zip of code.',
    scope: 'deploy',
    takes: ['application/zip', 'application/octet-stream'],
    answer: 'ArtifactAnswer',
    errors: ['LAM_STORE_ZIP_NOT_A_ZIP', 'LAM_STORE_ZIP_TRUNCATED', 'LAM_STORE_ZIP_CORRUPT', 'LAM_STORE_ZIP_TOO_LARGE'],
    run: ({ operations }, { request }) => operations.artifacts.receiveZip(request),
  }),
];

/** Takes a text for a digest. Throws `LAM_STORE_ARTIFACT_NOT_FOUND` for what no digest is. */
function known(artifact: string): Digest {
  if (!isDigest(artifact)) throw lamError('LAM_STORE_ARTIFACT_NOT_FOUND', { artifact });
  return artifact;
}
