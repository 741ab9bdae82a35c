import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { lamError, messageOf } from '../errors/index.ts';
import { ociDigest, type BlobIdentity } from './blobs.ts';
import { OCI_MANIFEST_TYPE } from './function-manifest.ts';
import { ociReferenceText, type OciReference } from './reference.ts';
import { signatureTag, type RemoteRepository } from './remote-repository.ts';

/** The layout of signatures by key pairs, as cosign has it: "simple signing" in a manifest of its own, under a tag. */
const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const SIGNATURE_NOTE = 'dev.cosignproject.cosign/signature';
const CLAIM = 'cosign container image signature';
/** What cosign calls its encrypted keys. */
const COSIGN_KEY = /BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY/;
const CURVE = 'prime256v1';
/** Longest signed text, and most signatures of one manifest that are looked at. */
const PAYLOAD_BYTES = 64 * 1024;
const SIGNATURES = 50;

/** A layer of a manifest of signatures. */
interface SignatureLayer extends BlobIdentity {
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Reads a private key on the curve P-256, in PEM; one with a passphrase takes it from `passphrase`. Throws
 * `LAM_OCI_KEY_INVALID`.
 */
export async function readSigningKey(file: string, passphrase: string | undefined): Promise<KeyObject> {
  const text = await keyText(file);
  if (COSIGN_KEY.test(text))
    throw lamError('LAM_OCI_KEY_INVALID', {
      file,
      why: "it is encrypted in cosign's own way; use one that openssl made",
    });
  return usable(file, () => createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) }));
}

/** Reads a public key on the curve P-256, in PEM, such as cosign.pub. Throws `LAM_OCI_KEY_INVALID`. */
export async function readVerifyingKey(file: string): Promise<KeyObject> {
  const text = await keyText(file);
  if (/PRIVATE KEY/.test(text)) throw lamError('LAM_OCI_KEY_INVALID', { file, why: 'it is a private key' });
  return usable(file, () => createPublicKey(text));
}

async function keyText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw lamError('LAM_OCI_KEY_INVALID', { file, why: messageOf(error) }, error);
  });
}

function usable(file: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw lamError('LAM_OCI_KEY_INVALID', { file, why: messageOf(error) }, error);
  }
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVE) return key;
  throw lamError('LAM_OCI_KEY_INVALID', { file, why: 'it is not an ECDSA key on the curve P-256' });
}

/** Signs a pushed manifest; keeps the signatures of other keys. A signature of this key is not made twice. */
export async function pushSignature(
  repository: RemoteRepository,
  reference: OciReference & { readonly digest: string },
  key: KeyObject,
): Promise<void> {
  const { host, digest } = reference;
  const tag = signatureTag(digest);
  const before = signatureLayers(await repository.manifest(tag));
  const known = await matching(repository, before, digest, createPublicKey(key));
  if (known === 'signed') return;
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': `${host}/${reference.repository}` },
        image: { 'docker-manifest-digest': digest },
        type: CLAIM,
      },
      optional: null,
    }),
  );
  const layer: SignatureLayer = {
    mediaType: PAYLOAD_TYPE,
    size: payload.length,
    digest: ociDigest(payload),
    annotations: { [SIGNATURE_NOTE]: sign('sha256', payload, key).toString('base64') },
  };
  const layers = [...before, layer];
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      config: {},
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map((each) => each.digest) },
    }),
  );
  const what = { what: 'the signature' };
  await repository.pushBlob(layer, () => Readable.from([payload], { objectMode: false }), what);
  const configBlob = { digest: ociDigest(config), size: config.length };
  await repository.pushBlob(configBlob, () => Readable.from([config], { objectMode: false }), what);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...configBlob },
    layers,
  };
  await repository.putManifest(tag, Buffer.from(JSON.stringify(manifest)), OCI_MANIFEST_TYPE);
}

/** Throws `LAM_OCI_UNSIGNED` or `LAM_OCI_SIGNATURE_INVALID` unless the key has signed the manifest. */
export async function verifySignature(
  repository: RemoteRepository,
  reference: OciReference & { readonly digest: string },
  key: KeyObject,
): Promise<void> {
  const { digest } = reference;
  const layers = signatureLayers(await repository.manifest(signatureTag(digest)));
  const text = ociReferenceText(reference);
  if (layers.length === 0) throw lamError('LAM_OCI_UNSIGNED', { reference: text });
  const found = await matching(repository, layers, digest, key);
  if (found !== 'signed') throw lamError('LAM_OCI_SIGNATURE_INVALID', { reference: text, why: found });
}

/** `signed` if one of the signatures is the key's and of this manifest, else why not. */
async function matching(
  repository: RemoteRepository,
  layers: readonly SignatureLayer[],
  digest: string,
  key: KeyObject,
): Promise<string> {
  let why = 'others have signed it';
  for (const layer of layers.slice(0, SIGNATURES)) {
    const signature = Buffer.from(layer.annotations?.[SIGNATURE_NOTE] ?? '', 'base64');
    const payload = await repository.blobBytes(layer, PAYLOAD_BYTES, { what: 'the signed text' });
    if (!verify('sha256', payload, key, signature)) continue;
    if (signedDigest(payload) === digest) return 'signed';
    why = 'what it signed is another function';
  }
  return why;
}

function signedDigest(payload: Buffer): unknown {
  try {
    const { critical } = JSON.parse(payload.toString('utf8')) as {
      critical?: { type?: unknown; image?: Readonly<Record<string, unknown>> };
    };
    return critical?.type === CLAIM ? critical.image?.['docker-manifest-digest'] : undefined;
  } catch {
    return undefined;
  }
}

function signatureLayers(raw: { readonly bytes: Buffer } | undefined): readonly SignatureLayer[] {
  if (raw === undefined) return [];
  try {
    const { layers } = JSON.parse(raw.bytes.toString('utf8')) as { layers?: unknown };
    const all = Array.isArray(layers) ? (layers as SignatureLayer[]) : [];
    return all.filter(
      ({ mediaType, digest, size }) =>
        mediaType === PAYLOAD_TYPE && /^sha256:[0-9a-f]{64}$/.test(digest) && Number.isSafeInteger(size),
    );
  } catch {
    return [];
  }
}
