import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attributePart, type PartToAttribute } from './attribute.ts'
import { readCpuProfile, stacksWithin, type CpuProfile } from './cpu-profile.ts'
import type { Stage } from './stages.ts'
import type { ThreadCpu } from './thread-watch.ts'

/** A sealing thread in a first backup of real files, 800 samples; recorded with Node 24 by `--cpu-prof`, unused fields left out. */
const recorded = readCpuProfile(join(import.meta.dirname, 'testing/sealing-thread.cpuprofile.json'))
const always = { fromMicroseconds: 0, untilMicroseconds: Infinity }
const root = '/holdfast'

const thread = (systemThread: number, name: string, cpuSeconds: number): ThreadCpu => ({
  part: 'agent',
  process: 1,
  systemThread,
  name,
  cpuSeconds,
})
const sumOf = (seconds: ReadonlyMap<Stage, number>): number => [...seconds.values()].reduce((sum, value) => sum + value, 0)
const attribute = (changes: Partial<PartToAttribute>) =>
  attributePart({ span: always, direction: 'backup', profiles: [], threads: [], cpuSeconds: 0, root, ...changes })

/** Of as many samples as there are functions, 1 ms apart. */
function aProfile(...functions: (readonly [functionName: string, url: string])[]): CpuProfile {
  return {
    nodes: [
      { id: 1, callFrame: { functionName: '(root)', url: '' }, children: functions.map((_, index) => index + 2) },
      ...functions.map(([functionName, url], index) => ({ id: index + 2, callFrame: { functionName, url } })),
    ],
    startTime: 1_000_000,
    samples: functions.map((_, index) => index + 2),
    timeDeltas: functions.map(() => 1000),
  }
}

describe('a recorded sealing thread', () => {
  const { seconds, idleSeconds } = attribute({
    // The starter's, which had ended by then, and its own.
    profiles: [
      {
        process: 1,
        systemThread: 7,
        profiles: [{ ...aProfile(['', 'file:///holdfast/agent/bin/holdfast.js']), startTime: -5000 }, recorded],
      },
    ],
    threads: [thread(7, 'holdfast-seal', 10)],
    cpuSeconds: 10,
  })

  test('has compressed for the most part, hashed and sealed, and all of its time has a place', () => {
    const most = [...seconds].toSorted((left, right) => right[1] - left[1]).map(([stage]) => stage)
    expect(most[0]).toBe('compress')
    expect(most.slice(0, 5)).toEqual(expect.arrayContaining(['compress', 'hash', 'seal', 'pack']))
    expect(sumOf(seconds)).toBeCloseTo(10, 9)
    expect(seconds.get('other') ?? 0).toBeLessThan(0.5)
  })

  test('has had idle time, which is no CPU', () => {
    expect(idleSeconds).toBeGreaterThan(0)
    expect([...seconds.keys()]).not.toContain('idle')
  })
})

describe('the CPU of a part', () => {
  const compress = ['zstd', 'file:///holdfast/engine/src/vault/compression/compress.ts'] as const
  const walk = ['#visit', 'file:///holdfast/engine/src/walker/walk-sources.ts'] as const

  test('is what the system says of each thread, divided as its samples are', () => {
    const { seconds } = attribute({
      profiles: [
        { process: 1, systemThread: 7, profiles: [aProfile(compress, compress, compress, walk, ['(idle)', ''])] },
        { process: 1, systemThread: 8, profiles: [aProfile(walk)] },
      ],
      threads: [thread(7, 'a', 4), thread(8, 'b', 0.5)],
      cpuSeconds: 4.5,
    })
    expect([...seconds]).toEqual([
      ['compress', 3],
      ['walk', 1.5],
    ])
  })

  test('of threads without JavaScript has the name of the thread; the profiler’s is apart', () => {
    const { seconds, profilerSeconds } = attribute({
      threads: [thread(7, 'V8Worker', 2), thread(8, 'libuv-worker', 1), thread(9, 'v8:ProfEvntProc', 5), thread(10, 'new', 0.25)],
      cpuSeconds: 8.25,
    })
    expect([...seconds]).toEqual([
      ['helper threads', 2],
      ['thread pool', 1],
      ['other', 0.25],
    ])
    expect(profilerSeconds).toBe(5)
  })

  test('that no thread accounts for is other, and spread over nothing', () => {
    const profiles = [{ process: 1, systemThread: 7, profiles: [aProfile(walk)] }]
    const { seconds } = attribute({ profiles, threads: [thread(7, 'a', 1)], cpuSeconds: 3 })
    expect([...seconds]).toEqual([
      ['walk', 1],
      ['other', 2],
    ])
  })

  test('of the thread that looks ahead is counting', () => {
    const entry = ['', 'file:///holdfast/agent/src/runs/measure-worker.ts'] as const
    const profiles = [{ process: 1, systemThread: 7, profiles: [aProfile(entry, walk)] }]
    const { seconds } = attribute({ profiles, threads: [thread(7, 'a', 2)], cpuSeconds: 2 })
    expect(seconds.get('count')).toBe(1)
    expect(seconds.get('walk')).toBeUndefined()
  })
})

test('only samples of the span count, from its first microsecond on and without its last', () => {
  const profile = aProfile(['a', ''], ['b', ''], ['c', ''])
  const met = stacksWithin(profile, { fromMicroseconds: 1_002_000, untilMicroseconds: 1_003_000 })
  expect(met).toEqual([
    {
      frames: [
        { functionName: 'b', url: '' },
        { functionName: '(root)', url: '' },
      ],
      samples: 1,
      microseconds: 1000,
    },
  ])
})
