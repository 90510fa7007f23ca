import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import {
  archive,
  commitCatalogue,
  openCatalogue,
  type ArchiveOptions,
  type ArchiveOutcome,
  type Clock,
  type KeepBase,
} from '../../src/archiver/index.ts'
import { toBase64Url, toHex } from '../../src/bytes/index.ts'
import { EngineError } from '../../src/errors/index.ts'
import {
  agentKey,
  decodePackHeader,
  decodeSnapshotObject,
  locationRecordBytes,
  packHeaderBytes,
  packKey,
  packPrefix,
  readLocation,
  Refset,
  encodeSealedKeys,
  sealedKeysKey,
  snapshotKey,
  snapshotPrefix,
  uuidToBytes,
  type PackSegment,
  type SnapshotBody,
} from '../../src/format/index.ts'
import { fsck, type FsckReport } from '../../src/maintenance/index.ts'
import { openSnapshotBody, verifyHubHeader, verifySnapshotSignature, type DomainKeys } from '../../src/reader/index.ts'
import { restore, type RestoreOptions } from '../../src/restorer/index.ts'
import type { ObjectStore } from '../../src/store/index.ts'
import {
  appendHubHeader,
  boxKeySigningBytes,
  checkPack,
  createVault,
  decodePackEnd,
  InlineOpener,
  InlineSealer,
  nodePrimitives,
  openVault,
  rawPublicKey,
  RemoteSource,
  sealSnapshot,
  SessionSink,
  type KeySecret,
  type Opener,
  type Pack,
  type Sealer,
  type Vault,
} from '../../src/vault/index.ts'
import { FirstPlaces } from '../../src/vault/testing/first-places.ts'
import { laterClock, realClock } from './backup-and-restore.ts'

/** What is kept when every process dies: the secrets of hub and agent. The vault itself lies in a store. */
export interface Secrets {
  readonly vaultId: string
  readonly domainId: string
  readonly agentId: string
  readonly hubSecret: KeySecret
  readonly recoveryWords: KeySecret | null
  readonly signKey: KeyObject
}

/** Makes a vault with one agent, as hub and agent do. @param owner opens it in place of a hub, which makes it private */
export async function makeStoredVault(store: ObjectStore, recoveryWords: KeySecret | null = null, owner?: KeySecret): Promise<Secrets> {
  const signPair = generateKeyPairSync('ed25519')
  const hubSecret: KeySecret = owner ?? { kind: 'hub-secret', secret: randomBytes(32) }
  const kind = owner === undefined ? 'managed' : 'private'
  const [vaultId, domainId, agentId] = [randomUUID(), randomUUID(), randomUUID()]
  const slots = recoveryWords === null ? [hubSecret] : [hubSecret, recoveryWords]
  const vault = await createVault(store, { vaultId, domainId, kind, createdAtMs: 1, secrets: slots })
  const box = rawPublicKey(generateKeyPairSync('x25519').publicKey)
  await vault.addAgent({
    agentId,
    domainId,
    createdAtMs: 2,
    signPublicKey: toBase64Url(rawPublicKey(signPair.publicKey)),
    boxPublicKey: toBase64Url(box),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(box), signPair.privateKey)),
  })
  if (kind === 'private')
    await store.put(sealedKeysKey(uuidToBytes(agentId)), encodeSealedKeys(await vault.keys.sealDomainKeys(domainId, agentId, box)))
  return { vaultId, domainId, agentId, hubSecret, recoveryWords, signKey: signPair.privateKey }
}

interface StoredSegment {
  readonly packKey: string
  readonly offset: number
  readonly length: number
}

export interface CommittedSnapshot {
  readonly key: string
  readonly outcome: ArchiveOutcome
}

export interface RestoredSnapshot {
  readonly status: 'complete' | 'complete-with-errors'
  /** Paths that were told as failed or missing. */
  readonly told: readonly string[]
}

/**
 * One life of hub and agent on a vault in a store, in the order of writes that the format asks for: pack durable → known → snapshot →
 * catalogue. Everything a life knows it has read from the store; a new one begins with {@link open}.
 */
export class VaultLife {
  readonly vault: Vault
  /** How this life seals. */
  makeSealer = (keys: DomainKeys, onPack: (pack: Pack) => void): Sealer => new InlineSealer(keys, onPack)
  readonly #store: ObjectStore
  readonly #secrets: Secrets
  readonly #places = new FirstPlaces()
  readonly #segments = new Map<string, StoredSegment>()
  readonly #usableBases = new Set<string>()
  #lastSeq = 0

  private constructor(vault: Vault, store: ObjectStore, secrets: Secrets) {
    this.vault = vault
    this.#store = store
    this.#secrets = secrets
  }

  static async open(store: ObjectStore, secrets: Secrets): Promise<VaultLife> {
    const life = new VaultLife(await openVault(store, secrets.hubSecret), store, secrets)
    for await (const { key, sizeBytes } of store.list(packPrefix)) await life.#loadPack(key, sizeBytes)
    for await (const { key } of store.list(snapshotPrefix)) await life.#loadSnapshot(key)
    return life
  }

  /** Another life of the same vault: what it knows is in the store. */
  reopened(): Promise<VaultLife> {
    return VaultLife.open(this.#store, this.#secrets)
  }

  get #keys() {
    return this.vault.domainKeys(this.#secrets.domainId)
  }

  /** A pack whose end is damaged is not known; what is wrong with its segments shows when they are read, as in a hub. */
  async #loadPack(key: string, sizeBytes: number): Promise<void> {
    const bytes = await this.#store.get(key)
    try {
      this.#know(key, decodePackEnd(decodePackHeader(bytes.subarray(0, packHeaderBytes)), bytes, sizeBytes).segments)
    } catch (error) {
      if (!(error instanceof EngineError) && !(error instanceof RangeError)) throw error
    }
  }

  async #loadSnapshot(key: string): Promise<void> {
    this.#lastSeq = Math.max(this.#lastSeq, Number(key.split('/').at(-1)?.split('-')[0]))
    try {
      const { header, refset } = decodeSnapshotObject(await this.#store.get(key))
      const places = [...Refset.decode(refset).segments()]
      if (places.every(({ packIdHex, ordinal }) => this.#segments.has(`${packIdHex}/${ordinal}`)))
        this.#usableBases.add(toHex(header.snapshotId))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
    }
  }

  #know(key: string, segments: readonly PackSegment[]): void {
    for (const segment of segments) {
      this.#segments.set(`${toHex(segment.birthPackId)}/${segment.birthOrdinal}`, {
        packKey: key,
        offset: segment.offset,
        length: segment.length,
      })
      this.#places.add(segment)
    }
  }

  /** In the steps of a hub: staged, written in pieces, published, known. */
  async #putPack({ packId, bytes }: Pack): Promise<void> {
    const { segments } = checkPack(bytes)
    const key = packKey(packId)
    const staged = await this.#store.stage()
    try {
      for (let at = 0; at < bytes.length; at += 65_536) await staged.write(bytes.subarray(at, at + 65_536))
      await staged.commit(key)
    } catch (error) {
      await staged.discard().catch(() => undefined) // What fails next to a failure changes nothing.
      throw error
    }
    this.#know(key, segments)
  }

  #locate(ids: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.#places.locate(ids))
  }

  async #readSegments(places: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let index = 0; index < places.length / locationRecordBytes; index++) {
      const place = readLocation(places, index)
      const segment = place === null ? undefined : this.#segments.get(`${toHex(place.packId)}/${place.ordinal}`)
      if (segment === undefined) throw new EngineError('blob.missing', 'A segment is not in the vault.')
      parts.push(await this.#store.get(segment.packKey, { offset: segment.offset, length: segment.length }))
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  /** What the tree of a snapshot and its blobs are read through. */
  newSource(makeOpener: (keys: DomainKeys) => Opener = (keys) => new InlineOpener(keys)): RemoteSource {
    const ports = { locate: (ids: Uint8Array) => this.#locate(ids), readSegments: (places: Uint8Array) => this.#readSegments(places) }
    return new RemoteSource(this.#keys, ports, makeOpener(this.#keys))
  }

  async bodyOf(key: string): Promise<SnapshotBody> {
    return openSnapshotBody(nodePrimitives, decodeSnapshotObject(await this.#store.get(key)), this.#keys)
  }

  /** A snapshot as what later ones keep deleted entries from; `onOpen` hears when anything of it is read. */
  keepBase(key: string, onOpen: () => void = () => undefined): KeepBase {
    return {
      snapshotId: Buffer.from(key.split('-').at(-1)!, 'hex'),
      open: async () => {
        onOpen()
        return { rootPage: (await this.bodyOf(key)).root, source: this.newSource() }
      },
    }
  }

  /** @param over how it differs from an agent's next backup of that source, of which every problem ends it. */
  async backUp(
    source: string,
    cataloguePath: string,
    { clock = laterClock, ...over }: Partial<ArchiveOptions> & { readonly clock?: Clock } = {},
  ): Promise<CommittedSnapshot> {
    const keys = this.#keys
    const snapshotId = new Uint8Array(randomBytes(16))
    const sink = new SessionSink(keys, { have: (ids) => this.#locate(ids), putPack: (pack) => this.#putPack(pack) }, (onPack) =>
      this.makeSealer(keys, onPack),
    )
    const previous = over.previous === undefined ? this.#openCatalogue(cataloguePath) : over.previous
    let outcome: ArchiveOutcome
    try {
      outcome = await archive({
        sources: [Buffer.from(source)],
        alwaysExcluded: [],
        exclusions: null,
        sink,
        idKey: keys.idKey,
        cdcKey: keys.cdcKey,
        chunker: 'standard',
        catalogue: { path: cataloguePath, vaultId: keys.vaultId, domainId: keys.domainId, snapshotId },
        onItemError: (_path, error) => {
          throw error
        },
        onProgress: () => undefined,
        signal: new AbortController().signal,
        ...over,
        previous,
        clock,
      })
    } catch (error) {
      await sink.abandon()
      throw error
    } finally {
      previous?.close()
    }
    const key = await this.#commit(snapshotId, sink.refset(), outcome)
    try {
      if (outcome.catalogueProblem === null) commitCatalogue(cataloguePath)
    } catch {
      // As an agent: the snapshot is committed whatever becomes of this.
    }
    return { key, outcome }
  }

  /** As an agent: what is damaged, or belongs to a snapshot that is not there, is not used. */
  #openCatalogue(cataloguePath: string) {
    const { vaultId, domainId } = this.#keys
    try {
      const catalogue = openCatalogue(cataloguePath, { vaultId, domainId, chunker: 'standard' })
      if (catalogue === null || this.#usableBases.has(toHex(catalogue.snapshotId))) return catalogue
      catalogue.close()
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'catalogue.damaged') throw error
    }
    return null
  }

  async #commit(snapshotId: Uint8Array, refset: Uint8Array, outcome: ArchiveOutcome): Promise<string> {
    const { agentId, signKey } = this.#secrets
    const { files, folders, bytes, errors, filesNew, filesChanged, filesUnchanged, bytesRead, roots, rootPage, status } = outcome
    const counts = { files, folders, bytes, errors, filesNew, filesChanged, filesUnchanged, bytesRead }
    const body = {
      ...counts,
      status,
      system: 'linux' as const,
      host: 'trusted',
      plan: '',
      program: 'test',
      startedAtMs: 3,
      finishedAtMs: 4,
    }
    const seq = this.#lastSeq + 1
    const agentPart = sealSnapshot(
      { header: { agentId: uuidToBytes(agentId), snapshotId, seq }, refset, body: { ...body, parent: null, root: rootPage, roots } },
      this.#keys,
      signKey,
    )
    const key = snapshotKey(uuidToBytes(agentId), seq, snapshotId)
    await this.#store.put(key, appendHubHeader(agentPart, { receivedAtMs: 5, epoch: 1 }, this.vault.hubKey))
    this.#lastSeq = seq
    this.#usableBases.add(toHex(snapshotId))
    return key
  }

  /** As an agent reads: signatures, then the tree. @throws EngineError when the snapshot itself is not what was stored. */
  async restore(key: string, target: string, over: Partial<RestoreOptions> = {}): Promise<RestoredSnapshot> {
    const keys = this.#keys
    const { signPublicKey } = await this.vault.readAgent(this.#secrets.agentId)
    const snapshot = decodeSnapshotObject(await this.#store.get(key))
    const { agentId, seq, snapshotId } = snapshot.header
    if (snapshotKey(agentId, seq, snapshotId) !== key)
      throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than the one asked for.')
    await verifySnapshotSignature(nodePrimitives, snapshot, Buffer.from(signPublicKey, 'base64url'))
    await verifyHubHeader(nodePrimitives, snapshot, this.vault.hubKey)
    const body = await openSnapshotBody(nodePrimitives, snapshot, keys)
    const told: string[] = []
    const { status } = await restore({
      source: this.newSource(),
      idKey: keys.idKey,
      rootPage: body.root,
      roots: body.roots,
      selected: [],
      target: Buffer.from(target),
      flat: true,
      onItemError: (path) => {
        told.push(Buffer.from(path).toString())
        return 'skip'
      },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      clock: realClock,
      ...over,
    })
    return { status, told }
  }

  fsck(): Promise<FsckReport> {
    return fsck(this.#store, { vault: this.vault, readData: true })
  }
}

export const agentKeyOf = (secrets: Secrets): string => agentKey(uuidToBytes(secrets.agentId))
