import { heldOutKinds, type DataSetName, type Row, type Step, type Target } from './figures.ts'

/** Targets of docs/performance.md. What is not named here, such as the changed backup, is measured and may be behind. */
interface SpeedTarget {
  readonly set: DataSetName
  readonly step: Step
  readonly peers: 'all' | 'restic'
  /** Times as fast as the fastest of the peers. */
  readonly factor: number
  /** The bench fails below it; null = it never does. */
  readonly gate: number | null
}
const speedTargets: readonly SpeedTarget[] = [
  { set: 'linux', step: 'first', peers: 'all', factor: 2, gate: 1.5 },
  { set: 'linux', step: 'unchanged', peers: 'restic', factor: 3, gate: 1 },
  { set: 'linux', step: 'unchanged', peers: 'all', factor: 1, gate: 1 },
  { set: 'linux', step: 'restore', peers: 'all', factor: 1.5, gate: 1 },
  { set: 'large', step: 'first', peers: 'all', factor: 1.5, gate: 1 },
  // Of four files there is nothing to look through: who starts its process sooner would win.
  { set: 'large', step: 'unchanged', peers: 'all', factor: 1, gate: null },
  { set: 'large', step: 'restore', peers: 'all', factor: 1, gate: 1 },
  { set: 'tiny', step: 'first', peers: 'restic', factor: 3, gate: null },
  // To know, not to pass: nothing was tuned with them, and nothing is.
  ...heldOutKinds.flatMap((set) =>
    (['first', 'restore'] as const).map((step) => ({ set, step, peers: 'all', factor: 1, gate: null }) as const),
  ),
]

/** The least work there can be: it may take this many times as long. */
const floorTargets = [
  { step: 'unchanged', floor: 'rsync', floorStep: 'unchanged', factor: 2 },
  { step: 'restore', floor: 'cp -a', floorStep: 'first', factor: 1.3 },
] as const

export const product = 'holdfast'
/** The least work of a first backup (floor-tool.ts). */
export const floorName = 'read and seal'
export const floors: readonly string[] = ['rsync', 'cp -a', floorName]
export const stepNames: Readonly<Record<Step, string>> = {
  first: 'first backup',
  unchanged: 'unchanged backup',
  changed: 'changed backup',
  restore: 'restore',
}

/** How Holdfast did against the peers that were measured with it. What has nothing to be compared with is left out. */
export function targetsOf(rows: readonly Row[]): Target[] {
  return [...speedTargets.flatMap((target) => speedTarget(rows, target)), ...floorsOf(rows), ...storedSize(rows), ...agentMemory(rows)]
}

function find(rows: readonly Row[], set: string, step: Step, tool: string): Row | undefined {
  return rows.find((row) => row.set === set && row.step === step && row.tool === tool)
}

function speedTarget(rows: readonly Row[], { set, step, peers, factor, gate }: SpeedTarget): Target[] {
  const own = find(rows, set, step, product)
  const others = rows.filter((row) => row.set === set && row.step === step && isPeer(row.tool) && (peers === 'all' || isRestic(row.tool)))
  const [fastest] = others.toSorted((left, right) => left.wallSeconds - right.wallSeconds)
  if (own === undefined || fastest === undefined) return []
  const ratio = fastest.wallSeconds / own.wallSeconds
  return [
    {
      name: `${set}: ${stepNames[step]}`,
      target: `≥ ${factor}× as fast as ${fastest.tool}${others.length > 1 ? ', the fastest peer' : ''}`,
      measured: `${ratio.toFixed(2)}×`,
      met: ratio >= factor,
      gate: gate === null ? null : { rule: `≥ ${gate}×`, passed: ratio >= gate },
    },
  ]
}

function floorsOf(rows: readonly Row[]): Target[] {
  return floorTargets.flatMap(({ step, floor, floorStep, factor }) => {
    const own = find(rows, 'linux', step, product)
    const least = find(rows, 'linux', floorStep, floor)
    if (own === undefined || least === undefined) return []
    const ratio = own.wallSeconds / least.wallSeconds
    const name = floorStep === step ? `${floor} with nothing to do` : floor
    return [
      {
        name: `linux: ${stepNames[step]}`,
        target: `≤ ${factor}× the time of ${name}`,
        measured: `${ratio.toFixed(2)}×`,
        met: ratio <= factor,
        gate: null,
      },
    ]
  })
}

function storedSize(rows: readonly Row[]): Target[] {
  const own = find(rows, 'linux', 'first', product)?.storedBytes
  const restic = find(rows, 'linux', 'first', 'restic')?.storedBytes
  if (own === undefined || own === null || restic === undefined || restic === null) return []
  const ratio = own / restic
  return [{ name: 'linux: stored size', target: '≤ 1.0× of restic', measured: `${ratio.toFixed(2)}×`, met: ratio <= 1, gate: null }]
}

/** A million files must not take more of a device than a few do. */
const agentMemoryBytes = 350e6

function agentMemory(rows: readonly Row[]): Target[] {
  const peak = find(rows, 'tiny', 'first', product)?.parts['agent']?.peakBytes
  if (peak === undefined) return []
  return [
    {
      name: 'tiny: memory of the agent, first backup',
      target: `≤ ${agentMemoryBytes / 1e6} MB`,
      measured: `${Math.round(peak / 1e6)} MB`,
      met: peak <= agentMemoryBytes,
      gate: null,
    },
  ]
}

const isRestic = (tool: string): boolean => tool.startsWith('restic')
const isPeer = (tool: string): boolean => tool !== product && !floors.includes(tool)

/** Why the bench must fail; empty when it must not. */
export function gateProblems(targets: readonly Target[], comparedWith: readonly string[]): string[] {
  if (comparedWith.length === 0) return ['Nothing was compared: neither restic nor borg is installed.']
  return targets.flatMap(({ name, target, measured, gate }) =>
    gate === null || gate.passed ? [] : [`${name} is ${measured}; the gate is ${gate.rule}, the target ${target}.`],
  )
}
