import type { Direction, Stage } from './stages.ts'

/** `caller`: works for whoever calls it, and so does its time. */
type Work = Stage | 'caller' | Readonly<Record<Direction, Stage | 'caller'>>

/** What a room of the source works at. The closest rule counts: functions before files before folders. */
export interface RoomRule {
  /** A file, or a folder with its `/`, from the root of the repository. */
  readonly room: string
  /** Of the file alone, as V8 names them. */
  readonly functions?: readonly string[]
  /** Of the folder only the files that end so. */
  readonly ending?: string
  readonly work: Work
}

const upOrDown: Work = { backup: 'upload', restore: 'fetch' }
const inOrOut: Work = { backup: 'ingest', restore: 'serve' }

export const roomRules: readonly RoomRule[] = [
  // What everything stands on.
  ...['bytes', 'errors', 'format', 'source', 'run-control'].map((folder) => ({ room: `engine/src/${folder}/`, work: 'caller' as const })),
  { room: 'shared-types/src/', work: 'caller' },

  // A backup, from the disk to the hub.
  { room: 'engine/src/walker/', work: 'walk' },
  { room: 'engine/src/archiver/', work: 'entries' },
  { room: 'engine/src/archiver/content-reader.ts', work: 'read' },
  { room: 'engine/src/archiver/content-reader.ts', functions: ['#pieces'], work: 'cut' },
  { room: 'engine/src/archiver/content-reader.ts', functions: ['identified'], work: 'entries' },
  { room: 'engine/src/archiver/attribute-archiver.ts', work: 'read' },
  { room: 'engine/src/archiver/catalogue/', work: 'catalogue' },
  { room: 'engine/src/chunker/', work: 'cut' },
  { room: 'engine/src/blob-id/', work: { backup: 'hash', restore: 'verify' } },
  { room: 'engine/src/vault/session/', work: 'have' },
  { room: 'engine/src/vault/session/added-blobs.ts', functions: ['add'], work: 'hash' },
  { room: 'engine/src/vault/session/added-blobs.ts', functions: ['#seal', 'joined'], work: 'pack' },
  { room: 'engine/src/vault/session/content-slabs.ts', functions: ['#sealMissing'], work: 'pack' },
  { room: 'engine/src/vault/sealing/', work: 'messages' },
  { room: 'engine/src/vault/sealing/inline-sealer.ts', work: 'pack' },
  { room: 'engine/src/vault/sealing/inline-sealer.ts', functions: ['identify'], work: 'hash' },
  { room: 'engine/src/vault/compression/', work: 'compress' },
  { room: 'engine/src/vault/crypto/', work: 'caller' },
  { room: 'engine/src/vault/crypto/seal-aes-gcm.ts', work: 'seal' },
  { room: 'engine/src/vault/crypto/node-primitives.ts', functions: ['openAesGcm'], work: { backup: 'verify', restore: 'open' } },
  { room: 'engine/src/vault/crypto/node-primitives.ts', functions: ['decompressZstd'], work: { backup: 'verify', restore: 'decompress' } },
  { room: 'engine/src/vault/pack/', work: 'pack' },
  { room: 'engine/src/vault/pack/pack-builder.ts', functions: ['#verify'], work: 'verify' },
  { room: 'engine/src/vault/pack/check-pack.ts', work: inOrOut },

  // A restore, from the hub to the disk.
  { room: 'engine/src/vault/remote-source.ts', work: 'fetch' },
  { room: 'engine/src/vault/remote-source.ts', functions: ['verify'], work: 'verify' },
  { room: 'engine/src/vault/worker-opener.ts', work: 'messages' },
  { room: 'engine/src/vault/open-worker.ts', work: 'messages' },
  { room: 'engine/src/vault/opener.ts', work: { backup: 'verify', restore: 'open' } },
  { room: 'engine/src/vault/opener.ts', functions: ['#idsOf'], work: 'verify' },
  { room: 'engine/src/reader/open-segment.ts', work: { backup: 'verify', restore: 'open' } },
  { room: 'engine/src/reader/', work: 'plan' },
  { room: 'engine/src/restorer/', work: 'plan' },
  { room: 'engine/src/restorer/placing/', work: 'write' },
  { room: 'engine/src/restorer/placing/content-batch.ts', functions: ['want', '#fetch', 'groupBySegment'], work: 'plan' },
  { room: 'engine/src/restorer/placing/content-batch.ts', functions: ['hasComputedId'], work: 'verify' },
  { room: 'engine/src/restorer/placing/file-restorer.ts', functions: ['add', '#decide', '#plan', '#want'], work: 'plan' },
  { room: 'engine/src/restorer/target/', work: 'plan' },
  { room: 'engine/src/restorer/target/metadata-writer.ts', work: 'metadata' },
  { room: 'engine/src/restorer/target/acl-names.ts', work: 'metadata' },
  ...['restored-folder', 'target-folders', 'temporary-names', 'kept-name'].map((file) => ({
    room: `engine/src/restorer/target/${file}.ts`,
    work: 'write' as const,
  })),

  // The agent around them.
  { room: 'agent/src/', work: 'runs' },
  { room: 'agent/src/runs/hub-port.ts', work: 'messages' },
  { room: 'agent/src/runs/run-in-hand.ts', functions: ['#send'], work: 'messages' },
  { room: 'agent/src/runs/answer-hub-call.ts', work: upOrDown },
  ...['agent-token', 'answer-body', 'call-hub', 'hub-client', 'tries-under-way'].map((file) => ({
    room: `agent/src/hub-connection/${file}.ts`,
    work: upOrDown,
  })),

  // The hub.
  { room: 'hub/src/features/vaults/', work: inOrOut },
  { room: 'hub/src/features/vaults/sessions/have-blobs.ts', work: 'have' },
  { room: 'hub/src/features/vaults/tables/', work: 'database' },
  { room: 'engine/src/vault/blob-index/', work: { backup: 'have', restore: 'serve' } },
  { room: 'engine/src/store/', work: inOrOut },
  { room: 'hub/src/', ending: '.queries.ts', work: 'database' },
  { room: 'hub/src/platform/database/', work: 'database' },
  ...['platform/http', 'platform/access', 'platform/limits', 'features/auth', 'features/agents', 'features/api-tokens'].map((folder) => ({
    room: `hub/src/${folder}/`,
    work: 'access' as const,
  })),
  ...['features/runs', 'features/hosts', 'features/statistics', 'platform/realtime', 'platform/events', 'platform/logging'].map(
    (folder) => ({
      room: `hub/src/${folder}/`,
      work: 'runs' as const,
    }),
  ),
]

/** The thread that runs it does nothing but look through the tree before the backup does. */
export const countingRoom = 'agent/src/runs/measure-worker.ts'

/** Packages that work for one purpose, where none of our functions is under way. */
export const packageWork: Readonly<Record<string, Work>> = {
  undici: upOrDown,
  pg: 'database',
  'pg-pool': 'database',
  'pg-protocol': 'database',
  kysely: 'database',
  '@mikro-orm': 'database',
  'chunking-streams': inOrOut,
}

/** How threads that run no JavaScript call themselves (Node 24); `profiler` is the measurement’s own, and no part of the product. */
export const nativeThreads: Readonly<Record<string, Stage | 'profiler'>> = {
  V8Worker: 'helper threads',
  'libuv-worker': 'thread pool',
  'v8:ProfEvntProc': 'profiler',
}

/** Modules of Node that are met only while threads start and modules are loaded. */
export const startingModules: readonly string[] = ['node:internal/modules/', 'node:internal/bootstrap/', 'node:internal/deps/amaro/']
/** Modules of Node that move bytes. */
export const networkModules: readonly string[] = ['node:net', 'node:_http_', 'node:internal/stream_base_commons', 'node:internal/streams/']
/** Those of messages between threads. */
export const messageModules: readonly string[] = ['node:internal/per_context/messageport', 'node:internal/worker']
