import { SnapshotId, type HostFacts, type SnapshotSummary, type WirePath } from '@holdfast/shared-types'
import { decodeUtf8Lossy, isValidUtf8, toHex } from '@holdfast/engine/bytes'
import { uuidFromBytes, type SnapshotBody, type SnapshotObject } from '@holdfast/engine/format'
import { openSnapshotBody } from '@holdfast/engine/reader'
import { nodePrimitives, Vault, type StoredVault as EngineVault } from '@holdfast/engine/vault'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'

/** What a snapshot's row says beyond what is clear in its object. */
export type SnapshotFacts = Pick<
  SnapshotRecord,
  | 'status'
  | 'system'
  | 'host'
  | 'plan'
  | 'parentId'
  | 'root'
  | 'startedAtMs'
  | 'finishedAtMs'
  | 'files'
  | 'folders'
  | 'bytes'
  | 'errors'
  | 'roots'
  | 'rewritten'
>

/** What is known of a snapshot that nobody here can open: by the order for it, its device, and that device's word. */
export interface StatedFacts {
  readonly summary: SnapshotSummary
  /** Of the device. */
  readonly host: string
  readonly system: HostFacts['os']
  readonly plan: string | null
  readonly roots: readonly WirePath[]
}

/**
 * What can be known of a snapshot beyond its clear parts: from its body, where the vault's keys are here, and else what was stated.
 * @param stated null = only the object is there
 * @throws EngineError where its body should open and does not
 */
export async function factsOf(
  vault: EngineVault,
  object: SnapshotObject,
  receivedAtMs: number,
  stated: StatedFacts | null,
): Promise<SnapshotFacts> {
  const { agentId, domainId } = object.header
  if (!(vault instanceof Vault)) return sealedFacts(uuidFromBytes(agentId), receivedAtMs, stated)
  return factsOfBody(await openSnapshotBody(nodePrimitives, object, vault.domainKeys(uuidFromBytes(domainId))))
}

export const factsOfBody = (body: SnapshotBody): SnapshotFacts => ({
  status: body.status,
  system: body.system,
  host: storable(body.host),
  plan: body.plan === '' ? null : storable(body.plan),
  parentId: body.parent === null ? null : SnapshotId.parse(toHex(body.parent)),
  root: body.root,
  startedAtMs: body.startedAtMs,
  finishedAtMs: body.finishedAtMs,
  files: body.files,
  folders: body.folders,
  bytes: body.bytes,
  errors: body.errors,
  roots: body.roots.map(wirePathOf),
  rewritten: rewritingOf(body),
})

function rewritingOf({ rewriting }: SnapshotBody): SnapshotRecord['rewritten'] {
  if (rewriting === undefined) return null
  const { of, why, atMs, entriesDropped, bytesDropped } = rewriting
  return { why, atMs, of: SnapshotId.parse(toHex(of)), entriesDropped, bytesDropped }
}

/** Postgres refuses zero bytes in texts; an honest host's name has none. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')

export function wirePathOf(path: Uint8Array): WirePath {
  const text = storable(decodeUtf8Lossy(path))
  return isValidUtf8(path) && !path.includes(0) ? { path: text } : { path: text, pathBase64: Buffer.from(path).toString('base64') }
}

/** Of one that is sealed for the hub; without what was stated, what its object tells alone. */
export function sealedFacts(agentId: string, receivedAtMs: number, stated: StatedFacts | null): SnapshotFacts {
  const { status, files, folders, bytes, errors } = stated?.summary ?? nothingSaid
  const { host, system, plan, roots } = stated ?? { host: agentId, system: null, plan: null, roots: [] }
  // The device's clock is in the sealed part.
  const times = { startedAtMs: receivedAtMs, finishedAtMs: receivedAtMs }
  return { status, system, host, plan, parentId: null, root: null, ...times, files, folders, bytes, errors, roots, rewritten: null }
}
const nothingSaid = { status: null, files: null, folders: null, bytes: null, errors: null }
