import { readFileSync } from 'node:fs'

/** One place of a call stack: a function of a module, or one of V8's own such as `(idle)`. */
export interface Frame {
  readonly functionName: string
  /** `file:///…`, `node:…`, or empty. */
  readonly url: string
}

/** The part of V8's profile format (Chrome DevTools protocol, `Profiler.Profile`) that is used here. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[]
  /** Microseconds of the system's monotonic clock, the one of `process.hrtime`. */
  readonly startTime: number
  /** Ids of nodes. */
  readonly samples: readonly number[]
  /** Microseconds since the sample before; of the first since `startTime`. A thread's sample stands for the time before it. */
  readonly timeDeltas: readonly number[]
}

/** A stretch of time on the system's monotonic clock. */
export interface Span {
  readonly fromMicroseconds: number
  readonly untilMicroseconds: number
}

export const monotonicMicroseconds = (): number => Number(process.hrtime.bigint() / 1000n)

export const readCpuProfile = (file: string): CpuProfile => JSON.parse(readFileSync(file, 'utf8')) as CpuProfile

export interface SampledStack {
  /** The innermost frame first. */
  readonly frames: readonly Frame[]
  readonly samples: number
  /** On the clock. */
  readonly microseconds: number
}

/**
 * How often each stack was met within a span. Samples count alike, whatever time lies between them: V8's sampler asks at a steady
 * pace, and a thread that waits for a disk or for its turn on a processor answers once for all that it has slept through. So they
 * tell of processor time, and the times between them of the clock.
 */
export function stacksWithin(profile: CpuProfile, { fromMicroseconds, untilMicroseconds }: Span): SampledStack[] {
  const met = new Map<number, { samples: number; microseconds: number }>()
  let at = profile.startTime
  for (const [index, node] of profile.samples.entries()) {
    const passed = profile.timeDeltas[index] ?? 0
    at += passed
    if (at < fromMicroseconds || at >= untilMicroseconds) continue
    const so = met.get(node) ?? { samples: 0, microseconds: 0 }
    so.samples += 1
    so.microseconds += passed
    met.set(node, so)
  }
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  return [...met].map(([node, counts]) => ({
    frames: framesOf(node, parents, frames),
    samples: counts.samples,
    microseconds: counts.microseconds,
  }))
}

function framesOf(node: number, parents: ReadonlyMap<number, number>, frames: ReadonlyMap<number, Frame>): Frame[] {
  const stack: Frame[] = []
  for (let id: number | undefined = node; id !== undefined; id = parents.get(id)) {
    const frame = frames.get(id)
    if (frame !== undefined) stack.push(frame)
  }
  return stack
}
