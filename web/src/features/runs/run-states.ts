import type { RunKind, RunState } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

export type Tone = 'neutral' | 'primary' | 'success' | 'warning' | 'error'

interface StateLook {
  readonly icon: string
  readonly tone: Tone
  readonly label: MessageKey
  /** One sentence for somebody who sees the word for the first time. */
  readonly meaning: MessageKey
}

const look = <S extends RunState>(state: S, icon: string, tone: Tone): StateLook => ({
  icon,
  tone,
  label: `runs.state.${state}`,
  meaning: `runs.stateMeaning.${state}`,
})

/** Every state says what it is by icon, colour and word: never by colour alone. */
export const stateLooks: { readonly [S in RunState]: StateLook } = {
  queued: look('queued', 'i-lucide-clock', 'neutral'),
  offered: look('offered', 'i-lucide-send', 'neutral'),
  running: look('running', 'i-lucide-activity', 'primary'),
  committing: look('committing', 'i-lucide-file-check', 'primary'),
  succeeded: look('succeeded', 'i-lucide-circle-check', 'success'),
  warning: look('warning', 'i-lucide-triangle-alert', 'warning'),
  failed: look('failed', 'i-lucide-circle-x', 'error'),
  cancelled: look('cancelled', 'i-lucide-ban', 'neutral'),
  expired: look('expired', 'i-lucide-timer-off', 'error'),
}

/** Of a run that rests: a flag of `running`, and nothing to worry about. */
export const pausedLook: StateLook = { icon: 'i-lucide-pause', tone: 'neutral', label: 'runs.pause.state', meaning: 'runs.paused' }

/** Of a run whose hub cannot store just now: a flag of what is at work, and somebody has to mend it there. */
export const waitingLook: StateLook = { icon: 'i-lucide-timer', tone: 'warning', label: 'runs.waits.state', meaning: 'runs.waits.meaning' }

/** Of a run that was cancelled because another one for the same work took its place. */
export const supersededLook: StateLook = {
  icon: 'i-lucide-replace',
  tone: 'neutral',
  label: 'runs.superseded.state',
  meaning: 'runs.superseded.meaning',
}

interface KindLook {
  readonly icon: string
  readonly label: MessageKey
}

export const kindLooks: { readonly [K in RunKind]: KindLook } = {
  backup: { icon: 'i-lucide-archive', label: 'runs.kind.backup' },
  restore: { icon: 'i-lucide-archive-restore', label: 'runs.kind.restore' },
  verify: { icon: 'i-lucide-shield-check', label: 'runs.kind.verify' },
}

const activeStates: readonly RunState[] = ['queued', 'offered', 'running', 'committing'] satisfies RunState[]

/** True while a run may still change. Written out here: the contract's own list would bring its schemas into the bundle. */
export const isActive = (state: RunState): boolean => activeStates.includes(state)
