/**
 * One measured run in a process of its own, so that memory and compiled code are the run's alone: a backup, or a restore of its snapshot and then
 * of single files. Started by sizes.ts with an order in JSON; the figures go to stdout.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { archive, commitCatalogue, type ChunkerProfile, type ChunkLimits } from '../../src/archiver/index.ts'
import { restore, type RestoreOutcome } from '../../src/restorer/index.ts'
import { deriveDomainKeys, RemoteSource, SessionSink, WorkerOpener, WorkerSealer } from '../../src/vault/index.ts'
import { DirectoryHub, type HubFigures } from './directory-hub.ts'

export interface RunOrder {
  readonly task: 'backup' | 'restore'
  /** What is backed up, or was. */
  readonly folder: string
  /** Holds the store and what is known of the snapshot. */
  readonly work: string
  readonly chunker: ChunkerProfile | ChunkLimits
  readonly threads: number
  /** Of the keys, and so of where files are cut: the same for all values of a round. */
  readonly seed: number
  /** Below the folder; each is restored by itself, for what it makes a hub send. */
  readonly singleFiles: readonly string[]
}

export interface RunFigures extends HubFigures {
  readonly cpuMs: number
  /** Of the thread that walks and reads, or places files. */
  readonly mainCpuMs: number
  readonly elapsedMs: number
  readonly highestMiB: number
  /** Of this run. */
  readonly packs: number
  readonly storedBytes: number
  readonly files: number
  readonly bytes: number
  readonly singleFiles: readonly HubFigures[]
}

interface Snapshot {
  readonly rootPage: string
  readonly roots: readonly string[]
}

const order = JSON.parse(process.argv[2] ?? '{}') as RunOrder
const keys = await deriveDomainKeys(Buffer.alloc(32, order.seed), {
  vaultId: Buffer.alloc(16, 2),
  domainId: Buffer.alloc(16, 3),
  keyEpoch: 1,
})
const store = path.join(order.work, 'store')
const snapshotFile = path.join(order.work, 'snapshot.json')
const restored = path.join(order.work, 'restored')

function fail(error: unknown): never {
  throw error
}

const shared = {
  idKey: keys.idKey,
  onItemError: (_: Uint8Array, error: Error): never => fail(error),
  onProgress: () => undefined,
  signal: new AbortController().signal,
  clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
}

/** Not `maxRSS` of the resource usage: that begins with what the process that started this one had. */
const highestResidentKiB = (): number => Number(/^VmHWM:\s+(\d+)/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])

type Cost = Pick<RunFigures, 'cpuMs' | 'mainCpuMs' | 'elapsedMs' | 'highestMiB'>

async function measured<T>(task: () => Promise<T>): Promise<readonly [T, Cost]> {
  const [cpu, mainCpu, start] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()]
  const result = await task()
  const elapsedMs = performance.now() - start
  const ms = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000
  const highestMiB = highestResidentKiB() / 1024
  return [result, { cpuMs: ms(process.cpuUsage(cpu)), mainCpuMs: ms(process.threadCpuUsage(mainCpu)), elapsedMs, highestMiB }]
}

async function backUp(hub: DirectoryHub): Promise<RunFigures> {
  const catalogue = path.join(order.work, 'catalogue')
  const scratch = { path: path.join(order.work, 'scratch'), onUnwritable: fail }
  // As with a vault that holds nothing: there is nothing to ask.
  const ports = { ...hub.sessionPorts, ...(hub.isEmpty ? { have: null } : {}), scratch }
  const sink = new SessionSink(keys, ports, (onPack) => new WorkerSealer(keys, onPack, order.threads))
  const [outcome, figures] = await measured(() =>
    archive({
      ...shared,
      sources: [Buffer.from(order.folder)],
      alwaysExcluded: [],
      exclusions: null,
      sink,
      cdcKey: keys.cdcKey,
      chunker: order.chunker,
      previous: null,
      catalogue: { path: catalogue, vaultId: keys.vaultId, domainId: keys.domainId, snapshotId: Buffer.alloc(16) },
    }),
  )
  commitCatalogue(catalogue)
  sink.close()
  const snapshot: Snapshot = {
    rootPage: Buffer.from(outcome.rootPage).toString('hex'),
    roots: outcome.roots.map((root) => Buffer.from(root).toString('hex')),
  }
  writeFileSync(snapshotFile, JSON.stringify(snapshot))
  const { packs, storedBytes } = hub
  return { ...figures, ...hub.takeFigures(), packs, storedBytes, files: outcome.files, bytes: outcome.bytes, singleFiles: [] }
}

async function restoreAll(hub: DirectoryHub): Promise<RunFigures> {
  const [outcome, figures] = await measured(() => restoreSome(hub, []))
  const asked = hub.takeFigures()
  rmSync(restored, { recursive: true })
  const singleFiles: HubFigures[] = []
  for (const file of order.singleFiles) {
    await restoreSome(hub, [Buffer.from(path.join(order.folder, file))])
    singleFiles.push(hub.takeFigures())
    rmSync(restored, { recursive: true })
  }
  return { ...figures, ...asked, packs: 0, storedBytes: 0, files: outcome.filesWritten, bytes: outcome.bytesWritten, singleFiles }
}

/** With a source of its own: nothing is known from before. */
async function restoreSome(hub: DirectoryHub, selected: readonly Uint8Array[]): Promise<RestoreOutcome> {
  const { rootPage, roots } = JSON.parse(readFileSync(snapshotFile, 'utf8')) as Snapshot
  const source = new RemoteSource(keys, hub.sourcePorts, selected.length === 0 ? new WorkerOpener(keys, order.threads) : undefined)
  const outcome = await restore({
    ...shared,
    source,
    rootPage: Buffer.from(rootPage, 'hex'),
    roots: roots.map((root) => Buffer.from(root, 'hex')),
    selected,
    target: Buffer.from(restored),
    flat: true,
  })
  await source.close()
  if (outcome.status !== 'complete' || outcome.filesWritten === 0) throw new Error('not all was restored')
  return outcome
}

mkdirSync(store, { recursive: true })
const directoryHub = new DirectoryHub(store)
console.log(JSON.stringify(await (order.task === 'backup' ? backUp(directoryHub) : restoreAll(directoryHub))))
