import { expect, test } from 'vitest'
import type { Row, StepStages } from './figures.ts'
import { stageLines } from './stage-tables.ts'
import { bytesOfStages } from './stages/stage-bytes.ts'

const step: StepStages = {
  set: 'linux',
  step: 'first',
  wallSeconds: 5,
  figures: [
    { part: 'agent', stage: 'seal', cpuSeconds: 2, bytes: null },
    { part: 'agent', stage: 'compress', cpuSeconds: 6, bytes: null },
    { part: 'hub', stage: 'ingest', cpuSeconds: 1.97, bytes: 2 ** 20 },
    { part: 'hub', stage: 'access', cpuSeconds: 0.03, bytes: null },
  ],
  idleSeconds: { agent: 3, hub: 4 },
  profilerSeconds: 0.5,
}
const row: Row = {
  set: 'linux',
  tool: 'holdfast',
  step: 'first',
  rounds: 1,
  wallSeconds: 4,
  wallSpread: [4, 4],
  cpuSeconds: 9,
  peakBytes: 0,
  parts: {},
  storedBytes: null,
}
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll(/ +/g, ' '))

test('stages come with the most first, their shares add up, and what is tiny is summed', () => {
  const lines = plain(stageLines([step], [row]))
  expect(lines[1]).toBe(
    '`linux`, first backup: 10.0 s of CPU in 5.00 s, without the profiler 4.00 s and 9.00 s of CPU. Threads had nothing to do for (summed): agent 3.00 s, hub 4.00 s. The profiler’s own threads: 0.50 s.',
  )
  expect(lines.slice(5)).toEqual([
    '| agent | compress | 6.00 s | 60.0 % | | zstd |',
    '| agent | seal | 2.00 s | 20.0 % | | AES-256-GCM |',
    '| hub | ingest | 1.97 s | 19.7 % | 1 MiB | packs and sessions at the hub, to the disk |',
    '| | less than 0.5 % each | 0.03 s | 0.3 % | | |',
  ])
})

test('bytes are those of the run’s own result, at the stages that they pass', () => {
  expect([...bytesOfStages('{"bytesRead": 10, "bytesStored": 4}')]).toEqual([
    ['agent read', 10],
    ['agent hash', 10],
    ['agent upload', 4],
    ['hub ingest', 4],
  ])
  expect([...bytesOfStages('{"bytesWritten": 7}')]).toEqual([
    ['agent write', 7],
    ['agent verify', 7],
  ])
})
