import type { AgentId, KeptFor, SnapshotId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { gather } from '../../platform/browser/gather.ts'
import type { MessageKey, NamedValues } from '../../platform/i18n/text.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** Why a snapshot stays, the reasons that say most first. @param keptFor empty: it goes with the next time that rules are applied */
export function keptForText(keptFor: readonly KeptFor[], t: (key: MessageKey, named?: NamedValues) => string): string {
  return keptFor.length === 0 ? t('retention.goesNext') : keptFor.map((why) => t(`retention.keptFor.${why}`)).join(', ')
}

// After a night's plans many backups end within seconds.
const gatherMs = 3_000

/** Why snapshots stay that are under rules; others have no entry. An extra: without it everything else works. */
export function useKeptFor(agentId?: AgentId) {
  const keptFor = shallowRef<ReadonlyMap<SnapshotId, readonly KeptFor[]>>(new Map())
  async function load(): Promise<void> {
    const { items } = await callHub('listKeptSnapshots', { query: { agentId } })
    keptFor.value = new Map(items.map((item) => [item.snapshotId, item.keptFor]))
  }
  const soon = gather(() => void load().catch(() => undefined), gatherMs)
  const stops = (['plans', 'runs', 'snapshots'] as const).map((topic) =>
    listenToTopic(topic, {
      onEvent(event) {
        const isBackup = event.type === 'run.changed' && event.body.kind === 'backup' && event.body.finishedAtMs !== null
        if (isBackup || event.type === 'snapshots.changed' || event.type === 'plan.changed' || event.type === 'retention.changed')
          soon.ask()
      },
      onCaughtUp: (hadGap) => hadGap && soon.ask(),
    }),
  )
  void load().catch(() => undefined)
  onScopeDispose(() => {
    soon.stop()
    stops.forEach((stop) => stop())
  })
  return keptFor
}
