/**
 * Backs a folder up, scans it again and restores it, with the engine alone: no hub, no disk but the folder's own. Beside it what
 * `cp -a` and an rsync that finds nothing to do take for the same.
 *
 *   node -C @holdfast/source engine/bench/backup-and-restore.ts FOLDER [ROUNDS]
 *
 * Put FOLDER on a tmpfs; copies are made beside it and removed.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { archive, commitCatalogue, openCatalogue, type ArchiveOutcome } from '../src/archiver/index.ts'
import { restore } from '../src/restorer/index.ts'
import { RemoteSource, SessionSink, WorkerOpener, WorkerSealer } from '../src/vault/index.ts'
import { LoopbackHub } from '../src/vault/testing/loopback-hub.ts'
import { aDomain } from '../src/vault/testing/test-keys.ts'

const folder = path.resolve(process.argv[2] ?? '.')
const rounds = Number(process.argv[3] ?? 3)
const threads = availableParallelism()
const work = mkdtempSync(path.join(path.dirname(folder), 'hf-bench-'))
const keys = aDomain()
const shared = {
  idKey: keys.idKey,
  onItemError: tell,
  onProgress: () => undefined,
  signal: new AbortController().signal,
  clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
}

function tell(itemPath: Uint8Array, error: Error): 'skip' {
  console.error(Buffer.from(itemPath).toString(), error.message)
  return 'skip'
}

function fail(error: unknown): never {
  throw error
}

async function measure<T>(name: string, task: () => Promise<T> | T): Promise<T> {
  const cpu = process.cpuUsage()
  const faults = process.resourceUsage().minorPageFault
  const start = performance.now()
  const result = await task()
  const { user, system } = process.cpuUsage(cpu)
  const newFaults = process.resourceUsage().minorPageFault - faults
  const ms = (value: number): string => `${value.toFixed(0)} ms`.padStart(9)
  console.log(
    `${name.padEnd(18)} ${ms(performance.now() - start)} elapsed ${ms(user / 1000)} user ${ms(system / 1000)} system ${(newFaults / 1000).toFixed(0).padStart(5)} k page faults ${(process.memoryUsage().rss / 2 ** 20).toFixed(0).padStart(5)} MiB`,
  )
  return result
}

async function backUp(hub: LoopbackHub, knowsLast: boolean): Promise<ArchiveOutcome> {
  const catalogue = path.join(work, 'catalogue')
  const previous = knowsLast ? openCatalogue(catalogue, { ...keys, chunker: 'standard' }) : null
  const sink = new SessionSink(
    keys,
    { ...hub.sessionPorts, ...(knowsLast ? {} : { have: null }), scratch: { path: path.join(work, 'scratch'), onUnwritable: fail } },
    (onPack) => new WorkerSealer(keys, onPack, threads),
  )
  const outcome = await archive({
    ...shared,
    sources: [Buffer.from(folder)],
    alwaysExcluded: [Buffer.from(work)],
    exclusions: null,
    sink,
    cdcKey: keys.cdcKey,
    chunker: 'standard',
    previous,
    catalogue: { path: catalogue, vaultId: keys.vaultId, domainId: keys.domainId, snapshotId: new Uint8Array(16) },
  })
  commitCatalogue(catalogue)
  sink.close()
  previous?.close()
  return outcome
}

async function restoreAll(hub: LoopbackHub, outcome: ArchiveOutcome, target: string): Promise<void> {
  const source = new RemoteSource(keys, hub.sourcePorts, new WorkerOpener(keys, threads))
  const restored = await restore({
    ...shared,
    source,
    rootPage: outcome.rootPage,
    roots: outcome.roots,
    selected: [],
    target: Buffer.from(target),
    flat: true,
  })
  await source.close()
  if (restored.status !== 'complete') throw new Error(`restored ${restored.filesWritten} of ${restored.filesRequested} files`)
}

try {
  for (let round = 0; round < rounds; round++) {
    const [target, copy] = [path.join(work, 'restored'), path.join(work, 'copy')]
    const hub = new LoopbackHub()
    const outcome = await measure('first backup', () => backUp(hub, false))
    if (round === 0)
      console.log(`${outcome.files} files, ${outcome.folders} folders, ${outcome.bytes} bytes; ${hub.dataBytes} bytes of data packs`)
    await measure('unchanged rescan', () => backUp(hub, true))
    await measure('restore', () => restoreAll(hub, outcome, target))
    await measure('cp -a', () => execFileSync('cp', ['-a', folder, copy]))
    await measure('rsync, no change', () => execFileSync('rsync', ['-a', `${folder}/`, `${copy}/`]))
    for (const used of [target, copy]) rmSync(used, { recursive: true })
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
