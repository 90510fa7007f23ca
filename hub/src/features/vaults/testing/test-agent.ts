import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AgentId,
  PackId,
  type RunId,
  type SnapshotId,
  type DomainId,
  type SessionId,
  type SnapshotSummary,
  type VaultId,
} from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { packKinds, Refset, uuidToBytes, type SnapshotBody } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import {
  boxKeySigningBytes,
  checkPack,
  InlineSealer,
  openSealedDomainKeys,
  rawPublicKey,
  RemoteSource,
  sealSnapshot,
  SessionSink,
  type Pack,
} from '@holdfast/engine/vault'
import type { Database } from '../../../platform/database/database.ts'
import type { Vaults } from '../create-vaults.ts'
import type { AgentKeys } from '../keys/register-agent-keys.ts'
import { buildTree, type Folder } from './build-tree.ts'
import type { RunTable } from './run-table.ts'

export interface OpenedSession {
  readonly runId: RunId
  readonly sessionId: SessionId
  readonly fence: number
  readonly keys: DomainKeys
  readonly nextSnapshotSeq: number
  readonly hasBlobs: boolean
  readonly usableBaseSnapshots: readonly string[]
  readonly readAgain?: readonly { readonly path: string }[]
  readonly keepBase?: { readonly snapshotId: string } | null
}

/** What a snapshot says of itself, where it is to be other than it should. */
export type SnapshotToMake = Partial<SnapshotBody> & {
  readonly seq?: number
  readonly snapshotId?: Uint8Array
  readonly agentId?: AgentId
  readonly signKey?: KeyObject
}

/** The hub's side, as it is at the moment: tests restart it. */
interface HubSide {
  readonly database: Database
  readonly runs: RunTable
  readonly vaults: Vaults
  finishRun(runId: RunId, agentId: AgentId): Promise<void>
}

/** An agent's side of the conversation, with the engine's own sink, sealer and keys; it talks to the feature's handlers. */
export class TestAgent {
  readonly agentId = AgentId.parse(randomUUID())
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly name: string
  readonly publicKeys: AgentKeys
  /** False = an older one. */
  canReadAgain = true
  /** What it says of its snapshots where the hub cannot look; an agent of a managed vault says nothing. */
  summary: SnapshotSummary | null = null
  /** All it told the hub, and was told. */
  readonly traffic: unknown[] = []
  readonly #world: HubSide
  readonly #signKey: KeyObject
  readonly #boxKey: KeyObject

  constructor(world: HubSide, name: string, vaultId: VaultId, domainId: DomainId) {
    this.#world = world
    this.name = name
    this.vaultId = vaultId
    this.domainId = domainId
    const signing = generateKeyPairSync('ed25519')
    const box = generateKeyPairSync('x25519')
    this.#signKey = signing.privateKey
    this.#boxKey = box.privateKey
    const boxPublicKey = rawPublicKey(box.publicKey)
    const boxSignature = sign(null, boxKeySigningBytes(boxPublicKey), signing.privateKey)
    this.publicKeys = { agentId: this.agentId, domainId, signPublicKey: rawPublicKey(signing.publicKey), boxPublicKey, boxSignature }
  }

  startBackup(): Promise<RunId> {
    return this.#world.runs.start(this.agentId, { kind: 'backup', vaultId: this.vaultId, sources: [{ path: '/home' }], full: false })
  }

  startRestore(snapshotId: SnapshotId): Promise<RunId> {
    return this.#world.runs.start(this.agentId, { kind: 'restore', snapshotId, target: { path: '/tmp/x' }, flat: false, paths: [] })
  }

  async open(runId?: RunId, fence = 1, vaultId = this.vaultId): Promise<OpenedSession> {
    const run = runId ?? (await this.startBackup())
    const answer = await this.#ask('session.open', { runId: run, fence, vaultId, canReadAgain: this.canReadAgain })
    return { ...answer, runId: run, fence, keys: await this.#keysOf(answer) }
  }

  async have(session: OpenedSession, ids: Uint8Array): Promise<Uint8Array> {
    const { locations } = await this.#ask('session.have', { sessionId: session.sessionId, fence: session.fence, ids: Uint8Array.from(ids) })
    return locations
  }

  async putPack(session: OpenedSession, pack: Pick<Pack, 'packId' | 'bytes'>, body: Readable = streamOf(pack.bytes)): Promise<void> {
    const params = { sessionId: session.sessionId, packId: PackId.parse(toHex(pack.packId)) }
    this.traffic.push(pack.bytes)
    await this.#route('putPack')({ params, query: { fence: session.fence }, body })
  }

  async commit(session: OpenedSession, object: Uint8Array): Promise<{ snapshotId: SnapshotId; receivedAtMs: number }> {
    this.traffic.push(object)
    return this.#route('commitSession')({
      params: { sessionId: session.sessionId },
      query: { fence: session.fence, ...this.summary },
      // An agent always says how much it sends.
      body: Object.assign(streamOf(object), { headers: { 'content-length': String(object.length) } }),
    }) as never
  }

  /** A sink that asks and sends within the session. */
  sink(session: OpenedSession, options: { ask?: boolean; onPack?: (pack: Pack, isMetadata: boolean) => void } = {}): SessionSink {
    const have = options.ask === false ? null : (ids: Uint8Array) => this.have(session, ids)
    return new SessionSink(
      session.keys,
      {
        have,
        putPack: (pack) => {
          options.onPack?.(pack, pack.kind === packKinds.metadata)
          return this.putPack(session, pack)
        },
      },
      (onPack) => new InlineSealer(session.keys, onPack),
    )
  }

  /** Everything up to the commit: blobs sent, snapshot sealed. */
  async prepare(session: OpenedSession, folder: Folder, changes: SnapshotToMake = {}): Promise<Uint8Array> {
    return this.seal(session, { ...(await this.prepareParts(session, folder)), ...changes })
  }

  /** The same unsealed: what a snapshot would say. `metadataRefset` names folder lists alone. */
  async prepareParts(
    session: OpenedSession,
    folder: Folder,
  ): Promise<ReturnType<typeof buildTree> & Record<'refset' | 'metadataRefset', Uint8Array>> {
    const listing = new Refset()
    const sink = this.sink(session, {
      onPack: (pack, isMetadata) =>
        isMetadata && checkPack(pack.bytes).segments.forEach((_, ordinal) => listing.add(toHex(pack.packId), ordinal)),
    })
    const tree = buildTree(sink, session.keys, folder)
    await sink.finish()
    return { ...tree, refset: sink.refset(), metadataRefset: listing.encode() }
  }

  seal(session: OpenedSession, snapshot: SnapshotToMake & { readonly refset: Uint8Array; readonly root: Uint8Array }): Uint8Array {
    const {
      refset,
      seq = session.nextSnapshotSeq,
      snapshotId = randomBytes(16),
      agentId = this.agentId,
      signKey = this.#signKey,
      ...body
    } = snapshot
    const header = { agentId: uuidToBytes(agentId), snapshotId, seq }
    return sealSnapshot({ header, refset, body: { ...emptyBody, host: `${this.name}.lan`, ...body } }, session.keys, signKey)
  }

  async backUp(folder: Folder, changes: Partial<SnapshotBody> = {}): Promise<SnapshotId> {
    const session = await this.open()
    const { snapshotId } = await this.commit(session, await this.prepare(session, folder, changes))
    return snapshotId
  }

  /** Reads as a restore run does. */
  async source(snapshotId: SnapshotId): Promise<{ runId: RunId; source: RemoteSource }> {
    return this.sourceWithKeys(snapshotId)
  }

  async sourceWithKeys(snapshotId: SnapshotId): Promise<{ runId: RunId; source: RemoteSource; keys: DomainKeys }> {
    return this.sourceOfRun(await this.startRestore(snapshotId))
  }

  async sourceOfRun(runId: RunId): Promise<{ runId: RunId; source: RemoteSource; keys: DomainKeys }> {
    const keys = await this.#keysOf(await this.#ask('vault.unseal', { runId, fence: 1 }))
    return {
      runId,
      keys,
      source: new RemoteSource(keys, {
        locate: (ids) => this.locate(runId, ids),
        readSegments: (places) => this.readSegments(runId, places),
      }),
    }
  }

  endRun(runId: RunId): Promise<void> {
    return this.#world.finishRun(runId, this.agentId)
  }

  async locate(runId: RunId, ids: Uint8Array): Promise<Uint8Array> {
    return this.#route('locateBlobs')({ params: { runId }, body: streamOf(ids) }) as Promise<Uint8Array>
  }

  async readSegments(runId: RunId, places: Uint8Array): Promise<Uint8Array> {
    const { stream, headers } = (await this.#route('readSegments')({ params: { runId }, body: streamOf(places) })) as {
      stream: Readable
      headers: Record<string, string>
    }
    const bytes = Buffer.concat(await stream.toArray())
    if (String(bytes.length) !== headers['content-length']) throw new Error('The announced length is not what came')
    return bytes
  }

  async snapshotObject(runId: RunId): Promise<Uint8Array> {
    return this.#route('getSnapshotObject')({ params: { runId } }) as Promise<Uint8Array>
  }

  #keysOf(answer: { keyEpoch: number; sealedDomainKeys: Uint8Array; domainId: DomainId }): Promise<DomainKeys> {
    const id = { vaultId: uuidToBytes(this.vaultId), domainId: uuidToBytes(answer.domainId), keyEpoch: answer.keyEpoch }
    return openSealedDomainKeys(answer.sealedDomainKeys, id, uuidToBytes(this.agentId), this.#boxKey)
  }

  #ask(
    type: 'session.open',
    body: unknown,
  ): Promise<Omit<OpenedSession, 'runId' | 'fence' | 'keys'> & { keyEpoch: number; sealedDomainKeys: Uint8Array; domainId: DomainId }>
  #ask(type: 'session.have', body: unknown): Promise<{ locations: Uint8Array }>
  #ask(type: 'vault.unseal', body: unknown): Promise<{ keyEpoch: number; sealedDomainKeys: Uint8Array; domainId: DomainId }>
  #ask(type: 'session.open' | 'session.have' | 'vault.unseal', body: unknown): Promise<unknown> {
    const handler = this.#world.vaults.feature.agentReports?.[type]
    if (handler === undefined) throw new Error(`Nobody answers ${type}`)
    // Bodies are what the protocol's schemas would have let through.
    const answer = handler({ agentId: this.agentId, body: body as never, em: this.#world.database.em() })
    return this.#record(body, answer)
  }

  async #record(asked: unknown, answer: Promise<unknown>): Promise<unknown> {
    this.traffic.push(asked)
    const told = await answer
    this.traffic.push(told)
    return told
  }

  #route(name: 'putPack' | 'commitSession' | 'locateBlobs' | 'readSegments' | 'getSnapshotObject'): (request: object) => Promise<unknown> {
    const handler = this.#world.vaults.feature.routes?.[name]
    if (handler === undefined) throw new Error(`Nobody answers ${name}`)
    const actor = { kind: 'agent', agentId: this.agentId, name: this.name }
    return (request) => this.#record({ ...request, body: null }, handler({ actor, em: this.#world.database.em(), ...request } as never))
  }
}

const emptyBody: Omit<SnapshotBody, 'root'> = {
  status: 'complete',
  system: 'linux',
  host: 'ada',
  plan: '',
  program: 'test',
  startedAtMs: 1,
  finishedAtMs: 2,
  parent: null,
  files: 0,
  folders: 0,
  bytes: 0,
  errors: 0,
  roots: [Buffer.from('/home')],
  filesNew: 0,
  filesChanged: 0,
  filesUnchanged: 0,
  bytesRead: 0,
}

/** In parts of 64 KiB, as sockets give them. */
export function streamOf(bytes: Uint8Array): Readable {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 65_536) parts.push(Buffer.from(bytes.subarray(at, at + 65_536)))
  return Readable.from(parts, { objectMode: false })
}

/** A refset of everything in these packs' first `count` segments. */
export function refsetOf(places: readonly { packId: Uint8Array; ordinal: number }[]): Uint8Array {
  const refset = new Refset()
  for (const place of places) refset.addPlace(place)
  return refset.encode()
}
