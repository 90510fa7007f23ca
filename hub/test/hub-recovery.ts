import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SnapshotId } from '@holdfast/shared-types'
import { vi } from 'vitest'
import type { FakeAgent } from './fake-agent.ts'
import type { TestHub } from './test-hub.ts'
import { migrations } from '../src/migrations/index.ts'
import { openDatabase, type Database } from '../src/platform/database/database.ts'
import { silentLogger } from '../src/platform/logging/logger.ts'
import { entities } from '../src/wiring/entities.ts'
import { VaultFolders } from '../src/features/vaults/index.ts'
import { folder } from '../src/features/vaults/testing/build-tree.ts'
import { begin, commit, finish, send } from '../src/features/vaults/testing/wire-backup.ts'
import type { RebuildHubDeps } from '../src/features/self-backups/index.ts'

/** What a command does with the database and store of a hub that does not run. */
export async function recover<T>(hub: TestHub, work: (deps: RebuildHubDeps) => Promise<T>, nowMs = Date.now()): Promise<T> {
  const database: Database = await openDatabase({ connection: hub.database.connection, entities, migrations, log: silentLogger })
  const folders = new VaultFolders(pathToFileURL(join(hub.dataDir, 'store')).href)
  try {
    return await work({ database, folders, secret: hub.secret, log: silentLogger, now: () => nowMs, onProgress: () => undefined })
  } finally {
    await database.close()
  }
}

/** A backup of one file over the link. */
export async function backUp(hub: TestHub, agent: FakeAgent, content: Buffer): Promise<SnapshotId> {
  const session = await begin(hub, agent)
  const object = await send(agent, session, folder({ home: folder({ 'file.bin': content }) }))
  const { snapshotId } = await commit(agent, session, object)
  await finish(agent, session)
  await vi.waitUntil(async () => (await hub.run(session.runId)).state === 'succeeded', { interval: 20, timeout: 20_000 })
  return snapshotId as SnapshotId
}

export async function download(hub: TestHub, snapshotId: SnapshotId): Promise<Buffer> {
  const file = await hub.get(`/api/v1/snapshots/${snapshotId}/file?path=/home/file.bin`)
  if (!file.ok) throw new Error(`${file.status} ${await file.text()}`)
  return Buffer.from(await file.arrayBuffer())
}
