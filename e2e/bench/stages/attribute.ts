import { pathToFileURL } from 'node:url'
import { stacksWithin, type CpuProfile, type Span } from './cpu-profile.ts'
import type { ThreadProfile } from './profiling.ts'
import { stageOfStack } from './stage-of-stack.ts'
import { countingRoom, nativeThreads } from './stage-rooms.ts'
import type { Direction, Stage } from './stages.ts'
import type { ThreadCpu } from './thread-watch.ts'

export interface PartToAttribute {
  readonly span: Span
  readonly direction: Direction
  readonly profiles: readonly ThreadProfile[]
  /** Of this part. */
  readonly threads: readonly ThreadCpu[]
  /** Of its processes, with that of threads that were missed in their last moment. */
  readonly cpuSeconds: number
  /** Of the repository. */
  readonly root: string
}

export interface AttributedPart {
  /** CPU; adds up to that of the part, without the profiler’s. */
  readonly seconds: ReadonlyMap<Stage, number>
  /** Time on the clock, of all threads of JavaScript, in which they had nothing to do. */
  readonly idleSeconds: number
  /** What the measurement itself has taken, beside our threads. */
  readonly profilerSeconds: number
}

/**
 * Where the CPU of a part went: what the system says that each thread has used, divided as the samples of that thread are. Nothing is
 * spread over others: what fits nowhere is `other`.
 */
export function attributePart({ span, direction, profiles, threads, cpuSeconds, root }: PartToAttribute): AttributedPart {
  const seconds = new Map<Stage, number>()
  const add = (stage: Stage, more: number): void => void seconds.set(stage, (seconds.get(stage) ?? 0) + more)
  let idleSeconds = 0
  let profilerSeconds = 0
  for (const thread of threads) {
    const profile = profiles.find(({ process, systemThread }) => process === thread.process && systemThread === thread.systemThread)
    if (profile === undefined) {
      const stage = nativeThreads[thread.name] ?? 'other'
      if (stage === 'profiler') profilerSeconds += thread.cpuSeconds
      else add(stage, thread.cpuSeconds)
      continue
    }
    const { shares, idle } = sharesOf(profile.profiles, { span, direction, root })
    for (const [stage, share] of shares) add(stage, share * thread.cpuSeconds)
    idleSeconds += idle
  }
  const known = threads.reduce((sum, thread) => sum + thread.cpuSeconds, 0)
  // Threads that ended between two looks; the process’s own clock counts in hundredths, so it may also be a little behind.
  if (cpuSeconds > known) add('other', cpuSeconds - known)
  return { seconds, idleSeconds, profilerSeconds }
}

interface Shares {
  readonly shares: ReadonlyMap<Stage, number>
  readonly idle: number
}

function sharesOf(
  profiles: readonly CpuProfile[],
  { span, direction, root }: Pick<PartToAttribute, 'span' | 'direction' | 'root'>,
): Shares {
  const counting = pathToFileURL(`${root}/${countingRoom}`).href
  const isCounting = profiles.some(({ nodes }) => nodes.some(({ callFrame }) => callFrame.url === counting))
  const samples = new Map<Stage, number>()
  let busy = 0
  let idleMicroseconds = 0
  for (const stack of profiles.flatMap((profile) => stacksWithin(profile, span))) {
    const stage = stageOfStack(stack.frames, direction, root)
    if (stage === 'idle') idleMicroseconds += stack.microseconds
    else {
      const counted = isCounting && stage === 'walk' ? 'count' : stage
      samples.set(counted, (samples.get(counted) ?? 0) + stack.samples)
      busy += stack.samples
    }
  }
  if (busy === 0) return { shares: new Map([['other', 1]]), idle: idleMicroseconds / 1e6 }
  return { shares: new Map([...samples].map(([stage, count]) => [stage, count / busy])), idle: idleMicroseconds / 1e6 }
}
