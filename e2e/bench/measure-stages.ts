import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../stack/project.ts'
import { profiledSteps, type DataSetName, type ProfiledStep, type StageFigure, type StepStages } from './figures.ts'
import { beginHoldfast, type HoldfastRound } from './holdfast.ts'
import type { CommandFigures } from './measure-command.ts'
import { attributePart, type AttributedPart } from './stages/attribute.ts'
import { monotonicMicroseconds, type Span } from './stages/cpu-profile.ts'
import { profilingEnv, readProfiles, type ThreadProfile } from './stages/profiling.ts'
import { bytesOfStages } from './stages/stage-bytes.ts'
import { stages, type Direction } from './stages/stages.ts'
import { ThreadWatch, type ThreadCpu } from './stages/thread-watch.ts'

export interface StagesToMeasure {
  readonly set: DataSetName
  readonly source: string
  /** Free to be filled, and empty again afterwards. */
  readonly workFolder: string
  readonly settleMs: number
  /** Before each step. */
  readonly prepare: (signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly tell: (line: string) => void
}

/** Of these there are profiles; of the database and the command line there is only the whole. */
const profiledParts = ['agent', 'hub'] as const
type ProfiledPart = (typeof profiledParts)[number]

interface MeasuredStep {
  readonly step: ProfiledStep
  readonly span: Span
  readonly threads: readonly ThreadCpu[]
  readonly figures: CommandFigures
}

/** One round of Holdfast with agent and hub under the profiler. @throws Error where a part leaves no profile */
export async function measureStages(work: StagesToMeasure): Promise<StepStages[]> {
  const folder = join(work.workFolder, 'profiled')
  mkdirSync(folder, { mode: 0o711 })
  const profilesOf = (part: ProfiledPart): string => join(folder, `profiles-of-${part}`)
  try {
    const round = await beginHoldfast({
      parentFolder: folder,
      agentEnv: profilingEnv(profilesOf('agent')),
      hubEnv: profilingEnv(profilesOf('hub')),
    })
    const measured: MeasuredStep[] = []
    try {
      for (const step of profiledSteps) measured.push(await measureStep(work, round, step))
    } finally {
      // Profiles are written when the programs end.
      await round.end()
    }
    const profiles = { agent: readProfiles(profilesOf('agent')), hub: readProfiles(profilesOf('hub')) }
    return measured.map((one) => stagesOf(work.set, one, profiles))
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function measureStep(work: StagesToMeasure, round: HoldfastRound, step: ProfiledStep): Promise<MeasuredStep> {
  const { set, source, workFolder, settleMs, prepare, signal, tell } = work
  await sleep(settleMs, undefined, { signal })
  await prepare(signal)
  const target = join(workFolder, 'restored')
  if (step === 'restore') mkdirSync(target)
  const watch = new ThreadWatch(new Map(profiledParts.map((part) => [part, round.servants.get(part) ?? (() => [])])))
  const fromMicroseconds = monotonicMicroseconds()
  try {
    const figures = step === 'restore' ? await round.restore(source, target, signal) : await round.backUp(source, signal)
    const span = { fromMicroseconds, untilMicroseconds: monotonicMicroseconds() }
    tell(`${set}, profiled: ${step}: ${figures.wallSeconds.toFixed(2)} s`)
    return { step, span, threads: watch.stop(), figures }
  } finally {
    watch.stop()
    rmSync(target, { recursive: true, force: true, maxRetries: 5 })
  }
}

function stagesOf(
  set: DataSetName,
  { step, span, threads, figures }: MeasuredStep,
  profiles: Readonly<Record<ProfiledPart, readonly ThreadProfile[]>>,
): StepStages {
  const direction: Direction = step === 'restore' ? 'restore' : 'backup'
  const bytes = bytesOfStages(figures.stdout)
  const attributed = profiledParts.map((part): [ProfiledPart, AttributedPart] => [
    part,
    attributePart({
      span,
      direction,
      profiles: profiles[part],
      threads: threads.filter((thread) => thread.part === part),
      cpuSeconds: figures.parts[part]?.cpuSeconds ?? 0,
      root: projectRoot,
    }),
  ])
  const ofStages = attributed.flatMap(([part, { seconds }]) =>
    stages.flatMap((stage): StageFigure[] => {
      const cpuSeconds = seconds.get(stage)
      return cpuSeconds === undefined ? [] : [{ part, stage, cpuSeconds, bytes: bytes.get(`${part} ${stage}`) ?? null }]
    }),
  )
  const ofWholes = Object.entries(figures.parts)
    .filter(([part]) => !profiledParts.some((profiled) => profiled === part))
    .map(([part, { cpuSeconds }]): StageFigure => ({ part, stage: 'whole', cpuSeconds, bytes: null }))
  return {
    set,
    step,
    wallSeconds: figures.wallSeconds,
    figures: [...ofStages, ...ofWholes],
    idleSeconds: Object.fromEntries(attributed.map(([part, { idleSeconds }]) => [part, idleSeconds])),
    profilerSeconds: attributed.reduce((sum, [, { profilerSeconds }]) => sum + profilerSeconds, 0),
  }
}
