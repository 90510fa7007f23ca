import type { CareKind, CareState, VaultCare } from '@holdfast/shared-types'

interface CareLooks {
  readonly icon: string
  readonly colour: string
}

const looksByState: Readonly<Record<CareState, CareLooks>> = {
  running: { icon: 'i-lucide-loader', colour: 'text-primary' },
  done: { icon: 'i-lucide-circle-check', colour: 'text-success' },
  damaged: { icon: 'i-lucide-circle-x', colour: 'text-error' },
  // Says nothing of the vault: neither green nor red.
  failed: { icon: 'i-lucide-circle-alert', colour: 'text-warning' },
  interrupted: { icon: 'i-lucide-circle-pause', colour: 'text-muted' },
}

export type CareWork = VaultCare['works'][number]

/** How a kind of care looks; one that was never done has no state. */
export const careLooks = ({ last }: Pick<CareWork, 'last'>): CareLooks =>
  last === null ? { icon: 'i-lucide-circle-dashed', colour: 'text-muted' } : looksByState[last.state]

/** What people are shown, in this order; what only follows from another is not: its findings are. */
const shownKinds: readonly CareKind[] = ['list', 'scrub', 'sample', 'audit', 'healing', 'collection', 'drills']

export const shownWorks = ({ works }: Pick<VaultCare, 'works'>): CareWork[] =>
  shownKinds.flatMap((kind) => works.find((work) => work.kind === kind) ?? [])

export const isCaring = ({ works }: Pick<VaultCare, 'works'>): boolean =>
  works.some(({ last, isWaiting }) => isWaiting || last?.state === 'running')
