/**
 * What levels of zstd save and cost, and how right the probe for incompressible data is: on segments as a backup of FOLDER makes them, every
 * EVERYth of them (1 when left out). All levels take each segment in turn, so that a machine that is busy is so for all. CPU time of the thread.
 *
 *   node -C @holdfast/source engine/bench/compression.ts FOLDER [EVERY]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { archive } from '../src/archiver/index.ts'
import { looksIncompressible } from '../src/vault/compression/looks-incompressible.ts'
import { zstdFrame } from '../src/vault/compression/zstd-frame.ts'
import { InlineSealer, SessionSink, type Bundle, type Sealer } from '../src/vault/index.ts'
import { LoopbackHub } from '../src/vault/testing/loopback-hub.ts'
import { aDomain } from '../src/vault/testing/test-keys.ts'

const folder = path.resolve(process.argv[2] ?? '.')
const every = Number(process.argv[3] ?? 1)
const levels = [1, 3, 6, 9, 12]
/** As compress.ts has it. */
const minSaving = 0.03
const keys = aDomain()
const work = mkdtempSync(path.join(tmpdir(), 'hf-bench-'))

const tallies = levels.map((level) => ({ level, compressMs: 0, decompressMs: 0, storedBytes: 0 }))
const probe = { ms: 0, calls: 0, lostBytes: 0, storedInVain: 0, compressedInVain: 0, rightlyStored: 0 }
let segments = 0
let rawBytes = 0

function timed<T>(task: () => T): readonly [T, number] {
  const start = process.threadCpuUsage()
  const result = task()
  const { user, system } = process.threadCpuUsage(start)
  return [result, (user + system) / 1000]
}

function measure(raw: Uint8Array): void {
  rawBytes += raw.length
  const sizes = tallies.map((tally) => {
    const [frame, ms] = timed(() => zstdFrame(raw, tally.level))
    tally.compressMs += ms
    tally.decompressMs += timed(() => zstdDecompressSync(frame))[1]
    const storedBytes = frame.length <= raw.length * (1 - minSaving) ? frame.length : raw.length
    tally.storedBytes += storedBytes
    return storedBytes
  })
  const [isRefused, ms] = timed(() => looksIncompressible(raw))
  const saved = raw.length - (sizes[0] ?? raw.length)
  probe.calls++
  probe.ms += ms
  if (isRefused && saved > 0) probe.storedInVain++
  if (isRefused) probe.lostBytes += saved
  if (isRefused && saved === 0) probe.rightlyStored++
  if (!isRefused && saved === 0) probe.compressedInVain++
}

function measuring(sealer: Sealer): Sealer {
  return {
    identify: (content) => sealer.identify(content),
    seal: (bundles: readonly Bundle[]) => {
      for (const { kind, parts } of bundles) if (kind === 1 && segments++ % every === 0) measure(Buffer.concat(parts))
      return sealer.seal(bundles)
    },
    flush: () => sealer.flush(),
    close: () => sealer.close(),
  }
}

try {
  const { have } = new LoopbackHub().sessionPorts
  await archive({
    sources: [Buffer.from(folder)],
    alwaysExcluded: [Buffer.from(work)],
    exclusions: null,
    // Nothing is kept: only the segments are of interest.
    sink: new SessionSink(keys, { have, putPack: () => Promise.resolve() }, (onPack) =>
      measuring(new InlineSealer(keys, onPack, { compression: 'off' })),
    ),
    idKey: keys.idKey,
    cdcKey: keys.cdcKey,
    chunker: 'standard',
    previous: null,
    catalogue: { path: path.join(work, 'catalogue'), vaultId: keys.vaultId, domainId: keys.domainId, snapshotId: new Uint8Array(16) },
    onItemError: () => 'skip',
    onProgress: () => undefined,
    signal: new AbortController().signal,
    clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
  })
} finally {
  rmSync(work, { recursive: true, force: true })
}

const mib = rawBytes / 2 ** 20
console.log(`${probe.calls} of ${segments} segments, ${mib.toFixed(0)} MiB\n`)
console.log('| level | stored | CPU per GiB | compresses | decompresses |\n|---|---|---|---|---|')
for (const { level, compressMs, decompressMs, storedBytes } of tallies) {
  const [stored, cpu] = [((100 * storedBytes) / rawBytes).toFixed(1), ((compressMs / mib) * 1.024).toFixed(1)]
  const speed = (ms: number): string => `${((mib / ms) * 1000).toFixed(0)} MiB/s`
  console.log(`| ${level} | ${stored} % | ${cpu} s | ${speed(compressMs)} | ${speed(decompressMs)} |`)
}
console.log(
  `\nProbe: ${((probe.ms * 1000) / probe.calls).toFixed(0)} µs a segment; rightly stored ${probe.rightlyStored}; compressed in vain ${probe.compressedInVain}; ` +
    `stored in vain ${probe.storedInVain}, ${((100 * probe.lostBytes) / rawBytes).toFixed(2)} % of all bytes lost by it`,
)
