import type { CollectionPreview, VaultCollection, VaultCollectionState } from '@holdfast/shared-types'

/** What a collection does, in its order. */
export const tidyingStages = ['marking', 'waiting', 'removing', 'compacting'] as const
export type TidyingStage = (typeof tidyingStages)[number]

const stageOf = (state: VaultCollectionState): TidyingStage | null => tidyingStages.find((stage) => stage === state) ?? null

export const isTidying = (collection: VaultCollection | null): boolean => collection !== null && stageOf(collection.state) !== null

type TidyingEnd = Exclude<VaultCollectionState, TidyingStage>
const endOf = (state: VaultCollectionState): TidyingEnd | null =>
  tidyingStages.includes(state as TidyingStage) ? null : (state as TidyingEnd)

/** What is said of the newest one, in a word. */
export const tidyingWord = (collection: VaultCollection | null): TidyingEnd | 'running' | 'never' =>
  collection === null ? 'never' : (endOf(collection.state) ?? 'running')

/** One that has come to its end, or was kept from it, has no stages any more. */
export function stagesOf(
  collection: VaultCollection | null,
): readonly { readonly stage: TidyingStage; readonly state: 'done' | 'now' | 'next' }[] {
  const now = collection === null ? null : stageOf(collection.state)
  if (now === null) return []
  const place = tidyingStages.indexOf(now)
  return tidyingStages.map((stage, index) => ({ stage, state: index < place ? 'done' : index === place ? 'now' : 'next' }))
}

type Awaited = keyof NonNullable<VaultCollection['waitingFor']>
const awaitedKinds: readonly Awaited[] = ['backups', 'restores', 'audits', 'checks']

/** What it waits for just now, as far as there is any of it. */
export const awaitedOf = ({
  waitingFor,
}: Pick<VaultCollection, 'waitingFor'>): readonly { readonly kind: Awaited; readonly count: number }[] =>
  waitingFor === null ? [] : awaitedKinds.flatMap((kind) => (waitingFor[kind] === 0 ? [] : [{ kind, count: waitingFor[kind] }]))

interface TidyingLooks {
  readonly icon: string
  readonly colour: string
}

const endLooks: Readonly<Partial<Record<VaultCollectionState, TidyingLooks>>> = {
  done: { icon: 'i-lucide-circle-check', colour: 'text-success' },
  'approval-needed': { icon: 'i-lucide-hand', colour: 'text-warning' },
  failed: { icon: 'i-lucide-circle-alert', colour: 'text-warning' },
  interrupted: { icon: 'i-lucide-circle-pause', colour: 'text-muted' },
}

/** How the newest one looks; null = there was none. */
export const tidyingLooks = (state: VaultCollectionState | null): TidyingLooks =>
  state === null
    ? { icon: 'i-lucide-circle-dashed', colour: 'text-muted' }
    : (endLooks[state] ?? { icon: 'i-lucide-loader', colour: 'text-primary' })

/** So much would go that the hub waits for a word of a person. */
export const isLarge = ({ percentFound, mostPercent }: CollectionPreview): boolean => percentFound > mostPercent

export const hasNothing = ({ packsFound, snapshots }: CollectionPreview): boolean => packsFound === 0 && snapshots === 0
