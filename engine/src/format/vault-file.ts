import { equalBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { isUuid } from './uuid.ts'

export interface VaultFile {
  readonly vaultId: string
  readonly kind: 'managed' | 'private'
  readonly createdAtMs: number
  /** A reader refuses a vault with a feature it does not know. */
  readonly features: readonly string[]
  readonly domains: readonly { readonly id: string; readonly keyEpoch: number }[]
}

export interface AgentFile {
  readonly agentId: string
  readonly domainId: string
  /** Raw keys and signature, base64url. */
  readonly signPublicKey: string
  readonly boxPublicKey: string
  readonly boxSignature: string
  readonly createdAtMs: number
}

/** An agent that was cut off for good. */
export interface RevocationFile {
  readonly agentId: string
  readonly revokedAtMs: number
}

/** The public half of the key that signs snapshots which were written anew (docs/adr/0020). */
export interface RewritingKeyFile {
  readonly vaultId: string
  /** Raw, base64url. */
  readonly signPublicKey: string
}

/** A decoded JSON object and what its MAC covers. */
export interface Maced<T> {
  readonly value: T
  readonly mac: string
  readonly macedText: string
}

const vaultFormat = 'holdfast-vault'
const agentFormat = 'holdfast-agent'
const revocationFormat = 'holdfast-revocation'
const rewritingKeyFormat = 'holdfast-rewriting-key'
/** Fixed by format 1: kept in the file so that a reader in twenty years need not guess. */
const chunker = {
  algorithm: 'fastcdc-gear64',
  profiles: { standard: [262_144, 1_048_576, 4_194_304], fine: [32_768, 131_072, 524_288] },
  normalisation: 2,
}
/** The same for the ids of blobs. */
const blobId = 'blake3-keyed'

/** The text a MAC covers: keys in this order, no white space. */
export const vaultFileText = (file: VaultFile): string =>
  JSON.stringify({
    format: vaultFormat,
    version: 1,
    vaultId: file.vaultId,
    kind: file.kind,
    createdAtMs: file.createdAtMs,
    features: file.features,
    domains: file.domains.map(({ id, keyEpoch }) => ({ id, keyEpoch })),
    chunker,
    blobId,
  })

export const agentFileText = (file: AgentFile): string =>
  JSON.stringify({
    format: agentFormat,
    version: 1,
    agentId: file.agentId,
    domainId: file.domainId,
    signPublicKey: file.signPublicKey,
    boxPublicKey: file.boxPublicKey,
    boxSignature: file.boxSignature,
    createdAtMs: file.createdAtMs,
  })

export const revocationFileText = ({ agentId, revokedAtMs }: RevocationFile): string =>
  JSON.stringify({ format: revocationFormat, version: 1, agentId, revokedAtMs })

export const rewritingKeyFileText = ({ vaultId, signPublicKey }: RewritingKeyFile): string =>
  JSON.stringify({ format: rewritingKeyFormat, version: 1, vaultId, signPublicKey })

/** The text with its MAC as the last key. */
export const withMac = (macedText: string, mac: string): Uint8Array =>
  new TextEncoder().encode(`${macedText.slice(0, -1)},"mac":${JSON.stringify(mac)}}\n`)

type Fields = Record<string, unknown>

function parse(bytes: Uint8Array, format: string, what: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new EngineError('vault.invalid', `${what} is not readable.`, { cause })
  }
  const fields = fieldsOf(value)
  if (fields['format'] !== format) throw new EngineError('vault.invalid', `${what} is not what its name says.`)
  if (fields['version'] !== 1) throw new EngineError('format.unsupported-version', `${what} is of a newer version: update Holdfast.`)
  return fields
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? value : {}) as Fields

function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value !== 'string') throw new EngineError('vault.invalid', `A file of the vault lacks "${key}".`)
  return value
}

/** In its one form, or who reads the object would not find what it names. */
function uuid(fields: Fields, key: string): string {
  const value = text(fields, key)
  if (!isUuid(value)) throw new EngineError('vault.invalid', `A file of the vault has an id that is none: "${key}".`)
  return value
}

function whole(fields: Fields, key: string): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new EngineError('vault.invalid', `A file of the vault lacks "${key}".`)
  return value
}

function list(fields: Fields, key: string): unknown[] {
  const value = fields[key]
  if (!Array.isArray(value)) throw new EngineError('vault.invalid', `A file of the vault lacks "${key}".`)
  return value
}

/** The MAC is for the caller to compare: it needs the key. */
export function decodeVaultFile(bytes: Uint8Array): Maced<VaultFile> {
  const fields = parse(bytes, vaultFormat, 'vault.json')
  const kind = text(fields, 'kind')
  if (kind !== 'managed' && kind !== 'private') throw new EngineError('vault.invalid', 'vault.json names no known kind of vault.')
  const features = list(fields, 'features').map(String)
  if (features.length > 0)
    throw new EngineError('format.unsupported-version', `This vault needs a newer Holdfast (${features.join(', ')}).`)
  const domains = list(fields, 'domains')
    .map(fieldsOf)
    .map((domain) => ({ id: uuid(domain, 'id'), keyEpoch: whole(domain, 'keyEpoch') }))
  // Others are a feature to come; until then nobody has tried what they would mean.
  if (domains.length !== 1 || domains[0]?.keyEpoch !== 1)
    throw new EngineError('format.unsupported-version', 'This vault has more than one circle of keys: update Holdfast.')
  const value: VaultFile = { vaultId: uuid(fields, 'vaultId'), kind, createdAtMs: whole(fields, 'createdAtMs'), features, domains }
  if (JSON.stringify(fields['chunker']) !== JSON.stringify(chunker))
    throw new EngineError('format.unsupported-version', 'This vault cuts files in a way this version does not know: update Holdfast.')
  if (fields['blobId'] !== blobId)
    throw new EngineError(
      'format.unsupported-version',
      fields['blobId'] === undefined
        ? 'This vault is of a version from before its format was settled.'
        : 'This vault names its pieces in a way this version does not know: update Holdfast.',
    )
  return sealedAs(bytes, value, text(fields, 'mac'), vaultFileText(value))
}

export function decodeAgentFile(bytes: Uint8Array): Maced<AgentFile> {
  const fields = parse(bytes, agentFormat, 'An agent object')
  const value: AgentFile = {
    agentId: uuid(fields, 'agentId'),
    domainId: uuid(fields, 'domainId'),
    signPublicKey: text(fields, 'signPublicKey'),
    boxPublicKey: text(fields, 'boxPublicKey'),
    boxSignature: text(fields, 'boxSignature'),
    createdAtMs: whole(fields, 'createdAtMs'),
  }
  return sealedAs(bytes, value, text(fields, 'mac'), agentFileText(value))
}

export function decodeRevocationFile(bytes: Uint8Array): Maced<RevocationFile> {
  const fields = parse(bytes, revocationFormat, 'A revocation')
  const value: RevocationFile = { agentId: uuid(fields, 'agentId'), revokedAtMs: whole(fields, 'revokedAtMs') }
  return sealedAs(bytes, value, text(fields, 'mac'), revocationFileText(value))
}

export function decodeRewritingKeyFile(bytes: Uint8Array): Maced<RewritingKeyFile> {
  const fields = parse(bytes, rewritingKeyFormat, 'A rewriting key')
  const value: RewritingKeyFile = { vaultId: uuid(fields, 'vaultId'), signPublicKey: text(fields, 'signPublicKey') }
  return sealedAs(bytes, value, text(fields, 'mac'), rewritingKeyFileText(value))
}

/** One value has one text: what was reformatted, cut or added to is refused although it parses. */
function sealedAs<T>(bytes: Uint8Array, value: T, mac: string, macedText: string): Maced<T> {
  if (!equalBytes(withMac(macedText, mac), bytes))
    throw new EngineError('vault.invalid', 'A file of the vault was changed: it is not in the form that Holdfast writes.')
  return { value, mac, macedText }
}
