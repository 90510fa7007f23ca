import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stacksWithin, type CpuProfile } from './cpu-profile.ts'
import { profilingEnv, readProfiles } from './profiling.ts'
import { ThreadWatch } from './thread-watch.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast bench test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const main = `
import { Worker } from 'node:worker_threads'
const worker = new Worker(new URL('./worker.mjs', import.meta.url))
await new Promise((resolve) => worker.once('message', resolve))
await worker.terminate()
// As long as it takes to be looked at.
await new Promise((resolve) => process.stdin.once('data', resolve))
process.exit(0)
`
const worker = `
import { parentPort } from 'node:worker_threads'
// By its own time on a processor: others may want that too.
function hardAtWork(untilMs) { let sum = 0; while (process.threadCpuUsage().user / 1000 < untilMs) sum += Math.sqrt(sum + 1); return sum }
hardAtWork(400)
parentPort.postMessage('')
hardAtWork(Infinity)
`

test('every thread leaves a profile, also one that is terminated at work, and the system knows its CPU', async () => {
  writeFileSync(join(folder, 'main.mjs'), main)
  writeFileSync(join(folder, 'worker.mjs'), worker)
  const profilesFolder = join(folder, 'profiles')
  const env = { ...process.env, ...profilingEnv(profilesFolder) }
  const child = spawn(process.execPath, [join(folder, 'main.mjs')], { env, stdio: ['pipe', 'ignore', 'inherit'] })
  const watch = new ThreadWatch(new Map([['part', () => (child.pid === undefined ? [] : [child.pid])]]))
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stdin.write('go on')
  await ended
  const threads = watch.stop()

  const profiles = readProfiles(profilesFolder)
  expect(profiles).toHaveLength(2)
  const isAtWork = ({ nodes }: CpuProfile): boolean => nodes.some(({ callFrame }) => callFrame.functionName === 'hardAtWork')
  const [ofWorker, ...others] = profiles.filter((thread) => thread.profiles.some(isAtWork))
  expect(others).toEqual([])
  const spun = stacksWithin(ofWorker!.profiles[0]!, { fromMicroseconds: 0, untilMicroseconds: Infinity }).filter(
    ({ frames }) => frames[0]?.functionName === 'hardAtWork',
  )
  expect(spun.reduce((sum, { samples }) => sum + samples, 0)).toBeGreaterThan(10)
  const known = threads.find(({ process, systemThread }) => process === child.pid && systemThread === ofWorker!.systemThread)
  expect(known?.cpuSeconds).toBeGreaterThan(0)
}, 60_000)

test('a process that leaves nothing is told', () => {
  mkdirSync(join(folder, 'empty'))
  expect(() => readProfiles(join(folder, 'empty'))).toThrow('left no profile')
})
