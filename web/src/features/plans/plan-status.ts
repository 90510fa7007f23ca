import type { AgentId, Plan, Run } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

/** How a plan fares, the most pressing word first. `never`: it has not run yet. */
export const planStatuses = ['failed', 'blocked', 'warning', 'working', 'waiting', 'never', 'cancelled', 'good', 'off'] as const
export type PlanStatus = (typeof planStatuses)[number]

type Judged = Pick<Plan, 'activeRun' | 'isEnabled' | 'problem' | 'lastRun' | 'isShrunk'>

/** The newest run had nothing to be warned of but its size, which somebody has said to be right since. */
export const isAccepted = ({ lastRun, isShrunk }: Pick<Plan, 'lastRun' | 'isShrunk'>): boolean =>
  lastRun?.state === 'warning' && !isShrunk && lastRun.warningCount === 0 && lastRun.error?.code === 'run.shrunk'

export function statusOf(plan: Judged): PlanStatus {
  const { activeRun, isEnabled, problem, lastRun } = plan
  if (activeRun !== null) return activeRun.state === 'queued' ? 'waiting' : 'working'
  if (!isEnabled) return 'off'
  if (problem !== null) return 'blocked'
  if (lastRun === null) return 'never'
  if (lastRun.state === 'succeeded' || isAccepted(plan)) return 'good'
  if (lastRun.state === 'warning') return 'warning'
  return lastRun.state === 'cancelled' ? 'cancelled' : 'failed'
}

/** What a list is cut down to: `attention` = a person should look. */
export const planFilters = ['all', 'attention', 'active', 'off'] as const
export type PlanFilter = (typeof planFilters)[number]

const fits: { readonly [F in PlanFilter]: (plan: Judged) => boolean } = {
  all: () => true,
  // A try that is under way does not undo that the last one went wrong.
  attention: (plan) => ['failed', 'blocked', 'warning'].includes(statusOf({ ...plan, activeRun: null })),
  active: ({ activeRun }) => activeRun !== null,
  off: ({ isEnabled }) => !isEnabled,
}

export interface PlanQuery {
  readonly text: string
  readonly agentId: AgentId | null
  readonly filter: PlanFilter
}

const lowerCase = (text: string) => text.toLocaleLowerCase()

/** Text is looked for in names, devices and sources; every word has to be there. */
export function filterPlans(plans: readonly Plan[], { text, agentId, filter }: PlanQuery): Plan[] {
  const words = lowerCase(text)
    .split(/\s+/)
    .filter((word) => word !== '')
  return plans.filter((plan) => {
    if (agentId !== null && plan.agentId !== agentId) return false
    if (!fits[filter](plan)) return false
    if (words.length === 0) return true
    const told = lowerCase([plan.name, plan.deviceName, ...plan.sources.map(({ path }) => path)].join('\n'))
    return words.every((word) => told.includes(word))
  })
}

type Tone = 'neutral' | 'primary' | 'success' | 'warning' | 'error'

interface StatusLook {
  readonly icon: string
  readonly tone: Tone
  readonly label: MessageKey
}

const look = <S extends PlanStatus>(status: S, icon: string, tone: Tone): StatusLook => ({ icon, tone, label: `plans.status.${status}` })

/** Every status says what it is by icon, colour and word. */
export const statusLooks: { readonly [S in PlanStatus]: StatusLook } = {
  failed: look('failed', 'i-lucide-circle-x', 'error'),
  blocked: look('blocked', 'i-lucide-octagon-alert', 'error'),
  warning: look('warning', 'i-lucide-triangle-alert', 'warning'),
  working: look('working', 'i-lucide-activity', 'primary'),
  waiting: look('waiting', 'i-lucide-clock', 'neutral'),
  never: look('never', 'i-lucide-circle-dashed', 'neutral'),
  cancelled: look('cancelled', 'i-lucide-ban', 'neutral'),
  good: look('good', 'i-lucide-circle-check', 'success'),
  off: look('off', 'i-lucide-circle-off', 'neutral'),
}

/** Points of a line of sizes: of backups that were committed, oldest first. */
export const sizePoints = (runs: readonly Run[]): [timeMs: number, bytes: number][] =>
  runs
    .flatMap((run): [number, number][] =>
      run.result?.kind === 'backup' && run.result.snapshotId !== null ? [[run.finishedAtMs ?? run.createdAtMs, run.result.bytes]] : [],
    )
    .sort(([a], [b]) => a - b)
