import type { RunEvent, RunState } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'
import { stateLooks, type Tone } from './run-states.ts'

/** One step in the life of a run as people read it. */
export interface RunStep {
  readonly n: number
  readonly atMs: number
  readonly label: MessageKey
  readonly icon: string
  readonly tone: Tone
  /** Code of the reason, where the hub gives one that the label does not say already. */
  readonly reason: string | null
}

interface Words {
  readonly label: MessageKey
  readonly icon: string
  readonly tone?: Tone
}

const words = (input: keyof typeof stepIcons, tone: Tone = 'neutral'): Words => ({
  label: `runs.step.${input}`,
  icon: stepIcons[input],
  tone,
})
const stepIcons = {
  ordered: 'i-lucide-plus',
  retried: 'i-lucide-rotate-cw',
  hurried: 'i-lucide-fast-forward',
  offer: 'i-lucide-send',
  accepted: 'i-lucide-play',
  declined: 'i-lucide-undo-2',
  unanswered: 'i-lucide-undo-2',
  lost: 'i-lucide-unplug',
  returned: 'i-lucide-plug',
  paused: 'i-lucide-pause',
  resumed: 'i-lucide-play',
  commit: 'i-lucide-file-check',
  cancel: 'i-lucide-ban',
  overdue: 'i-lucide-timer-off',
} as const

/** Of what changes no end; an end says its state. A newer hub may know more, which then say their state too. */
const wordsOfInput: Readonly<Record<string, Words>> = {
  ordered: words('ordered'),
  retried: words('retried'),
  hurried: words('hurried'),
  offer: words('offer'),
  accepted: words('accepted', 'primary'),
  progress: words('accepted', 'primary'),
  declined: words('declined', 'warning'),
  unanswered: words('unanswered', 'warning'),
  'agent-lost': words('lost', 'warning'),
  'in-hand': words('returned'),
  paused: words('paused'),
  resumed: words('resumed', 'primary'),
  commit: words('commit', 'primary'),
  cancel: words('cancel'),
  'timed-out': words('overdue', 'warning'),
}

const ends: readonly RunState[] = ['succeeded', 'warning', 'failed', 'cancelled', 'expired']

/** Reasons that the state's own word says already. */
const saidByState: ReadonlySet<string> = new Set(['run.cancelled', 'run.expired'])

export function stepOf({ n, atMs, input, toState, reason }: RunEvent): RunStep {
  const known = ends.includes(toState) ? undefined : wordsOfInput[input]
  const { label, icon, tone } = known ?? stateLooks[toState]
  return { n, atMs, label, icon, tone: tone ?? 'neutral', reason: reason === null || saidByState.has(reason) ? null : reason }
}
