import type { Stage } from './stages/stages.ts'

/** What is measured, and the shape of bench-results.json. */
export const steps = ['first', 'unchanged', 'changed', 'restore'] as const
export type Step = (typeof steps)[number]

/** Measured when none is named. */
export const usualDataSets = ['linux', 'large'] as const
/** Kinds of data that nothing was tuned with: a warning where the others flatter. */
export const heldOutKinds = ['node_modules', 'maildir', 'postgres', 'photos', 'vm'] as const
export const dataSetNames = [...usualDataSets, 'tiny', ...heldOutKinds] as const
export type DataSetName = (typeof dataSetNames)[number]
/** Asked for by this name, and measured in several sizes: each is a set of its own. */
export const scaleName = 'scale'
export type ScaleSetName = `${typeof scaleName}-${number}`
export type MeasuredSetName = DataSetName | ScaleSetName

/** One step of one tool, once. */
export interface Sample {
  readonly set: MeasuredSetName
  readonly tool: string
  readonly step: Step
  readonly round: number
  readonly wallSeconds: number
  /** User and system time of all processes that took part. */
  readonly cpuSeconds: number
  /** Highest sum of resident memory of all processes that took part, looked at every 100 ms. */
  readonly peakBytes: number
  /** The same by process, where a tool has several. */
  readonly parts: Readonly<Record<string, { readonly cpuSeconds: number; readonly peakBytes: number }>>
  /** Size of the store after it; null where there is none. */
  readonly storedBytes: number | null
}

/** Median of a step over the rounds. */
export interface Row extends Omit<Sample, 'round'> {
  readonly rounds: number
  readonly wallSpread: readonly [fastest: number, slowest: number]
}

export interface Target {
  readonly name: string
  /** For people: `≥ 2× as fast as restic 0.14`. */
  readonly target: string
  readonly measured: string
  readonly met: boolean
  /** Whether the bench ends with a failure where Holdfast is behind this; `null` = no gate. */
  readonly gate: { readonly rule: string; readonly passed: boolean } | null
}

export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  /** What the stores and the restored trees lay on, such as `tmpfs`. */
  readonly fileSystem: string
}

export interface BenchResults {
  readonly machine: MachineFacts
  /** ISO 8601. */
  readonly date: string
  /** Of the repository; null outside git. */
  readonly commit: string | null
  /** Tool → version, as it says it itself. */
  readonly peers: Readonly<Record<string, string>>
  /** What each data set was made of. */
  readonly dataSets: readonly DataSetFacts[]
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
  readonly samples: readonly Sample[]
  /** Where the time went, step by step; empty unless it was asked for. */
  readonly stages: readonly StepStages[]
  /** How long folders of snapshots took to open; empty unless sizes were compared. */
  readonly browsing: readonly Browsing[]
}

export interface DataSetFacts {
  readonly name: MeasuredSetName
  /** Part of a sentence, without paths: it may be published. */
  readonly origin: string
  readonly fileSystem: string
  readonly files: number
  readonly bytes: number
}

export const profiledSteps = ['first', 'unchanged', 'restore'] as const satisfies readonly Step[]
export type ProfiledStep = (typeof profiledSteps)[number]

/** One stage of one part of the system. */
export interface StageFigure {
  readonly part: string
  readonly stage: Stage
  readonly cpuSeconds: number
  /** As the result of the run counts them; null where it counts none. */
  readonly bytes: number | null
}

/** One step under V8's sampling profiler. */
export interface StepStages {
  readonly set: DataSetName
  readonly step: ProfiledStep
  /** Slower than without the profiler. */
  readonly wallSeconds: number
  readonly figures: readonly StageFigure[]
  /** By part: time on the clock, summed over the threads that run JavaScript, in which they had nothing to do. */
  readonly idleSeconds: Readonly<Record<string, number>>
  /** CPU of the profiler's own threads, which is in none of the figures. */
  readonly profilerSeconds: number
}

/** What of a snapshot is opened: its top, the folder that holds all folders, one of these, a folder that holds very many, and the rest of it. */
export const visitedPlaces = ['top', 'folders', 'folder', 'wide', 'wide rest'] as const
export type VisitedPlace = (typeof visitedPlaces)[number]

/** Pages of a folder, over HTTP: each from the request to the last byte of the answer. */
export interface Visits {
  readonly place: VisitedPlace
  /** What a place holds: the most entries that one of these folders has. */
  readonly entries: number
  /** Nobody has read it since the hub started. */
  readonly isFirst: boolean
  readonly milliseconds: readonly number[]
}

/** One person who looks through a snapshot. */
export interface Browsing {
  readonly set: ScaleSetName
  /** From the start of the hub, whose store is as large as the set makes it, to its first answer. */
  readonly hubStartSeconds: number
  readonly visits: readonly Visits[]
  readonly parts: Sample['parts']
}
