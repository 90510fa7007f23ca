import { randomUUID } from 'node:crypto'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refset } from '@holdfast/engine/format'
import type { ObjectStore } from '@holdfast/engine/store'
import { InlineOpener, openStoreSource, smallReadRoom, usualReadRoom, WorkerOpener } from '@holdfast/engine/vault'
import type { MemoryProfile } from '../config/agent-config.ts'
import { mostOpenThreads, type OpenedSnapshot } from '../runs/open-snapshot.ts'
import type { RunVoice } from '../runs/run-voice.ts'
import type { ReadableSnapshot } from './stored-snapshots.ts'

export interface StoredSnapshotOptions {
  readonly store: ObjectStore
  readonly memory: MemoryProfile
  /** `folders`: only what is needed to list. */
  readonly reads: 'folders' | 'everything'
  /** Damage is told as a warning. */
  readonly voice: RunVoice
  readonly onProgress: (packsRead: number, packs: number) => void
}

/** A snapshot whose other end is the store. */
export interface OpenedStoredSnapshot extends OpenedSnapshot {
  /** Closes the source as well. */
  close(): Promise<void>
}

/** Reads where everything lies that the snapshot needs. @throws EngineError `store.*`, `snapshot.invalid`, `cancelled` */
export async function openStoredSnapshot(
  { snapshot, object, keys }: ReadableSnapshot,
  { store, memory, reads, voice, onProgress }: StoredSnapshotOptions,
): Promise<OpenedStoredSnapshot> {
  const isSmall = memory === 'small'
  const opened = await openStoreSource({
    store,
    keys,
    refset: Refset.decode(object.refset),
    reads,
    scratchFolder: join(tmpdir(), `holdfast-${randomUUID()}`),
    signal: voice.signal,
    onProgress,
    onDamage: (packKey, error) => voice.warnOf(Buffer.from(packKey), error.code, error.message),
    onUnwritable: (reason) =>
      voice.log('index.unwritable', `The index does not fit into ${tmpdir()} (${reason}): it takes memory instead.`, 'warn'),
    opener:
      isSmall || reads === 'folders' ? new InlineOpener(keys) : new WorkerOpener(keys, Math.min(mostOpenThreads, availableParallelism())),
    room: isSmall ? smallReadRoom : usualReadRoom,
  })
  return { source: opened.source, keys, body: snapshot.body, close: () => opened.close() }
}
