import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SnapshotId, type BackupResult, type RunRequest } from '@holdfast/shared-types'
import type { FakeHub, Report } from './fake-hub.ts'

/** 302 files, one of several chunks. */
export function makeTree(sources: string): void {
  mkdirSync(join(sources, 'a/b/empty'), { recursive: true })
  for (let n = 0; n < 300; n += 1) writeFileSync(join(sources, 'a', `file-${n}`), `content ${n} `.repeat(n))
  writeFileSync(join(sources, 'a/b/large'), randomBytes(9 * 1024 * 1024))
  writeFileSync(join(sources, 'a/b/none'), '')
  symlinkSync('../file-1', join(sources, 'a/b/link'))
}

export const aBackupOf = (hub: FakeHub, sources: string, full = false): RunRequest => ({
  kind: 'backup',
  vaultId: hub.vault.vaultId,
  sources: [{ path: sources }],
  full,
})

export const endOf = (hub: FakeHub, runId: string): Promise<Report> =>
  hub.until(() => hub.reports('run.finished').find((report) => report.body['runId'] === runId), `the end of ${runId}`, 60_000)

export const snapshotOf = (end: Report): SnapshotId => SnapshotId.parse((end.body['result'] as BackupResult).snapshotId)
