import type { Device } from '@holdfast/shared-types'
import { watch, type Ref } from 'vue'
import { copyOfDraft, isSameDraft, recommendedPreset, type PlanDraft } from './plan-draft.ts'

interface Parts {
  readonly draft: PlanDraft
  /** As it was when nobody had changed anything. */
  readonly untouched: Ref<PlanDraft>
  readonly hosts: Readonly<Ref<readonly Device[]>>
  readonly host: Readonly<Ref<Device | null>>
  readonly isNew: Readonly<Ref<boolean>>
  /** It began with folders: as the copy of another plan. */
  readonly hadSources: boolean
  /** It was written before: nothing is filled in for the device it is of. */
  readonly isGiven: boolean
}

/** What a new plan is filled in with by itself: the only device there is, and the rules that its system is recommended. */
export function useDraftDefaults({ draft, untouched, hosts, host, isNew, hadSources, isGiven }: Parts): void {
  /** What came by itself is no change of a person's. */
  function settle(change: () => void): void {
    const wasSame = isSameDraft(draft, untouched.value)
    change()
    if (wasSame) untouched.value = copyOfDraft(draft)
  }

  watch(
    hosts,
    ([only, ...others]) => {
      if (isNew.value && draft.agentId === null && only !== undefined && others.length === 0) settle(() => (draft.agentId = only.id))
    },
    { immediate: true },
  )
  // A preset speaks of one system; another device of the same system keeps what was chosen for it.
  watch(
    () => host.value?.host.os ?? null,
    (system, before) => {
      if (system === null || !isNew.value || (isGiven && (before ?? null) === null)) return
      settle(() => {
        const own = draft.presets.filter((preset) => preset.startsWith(`${system}-`))
        const recommended = recommendedPreset(system)
        const isFirst = (before ?? null) === null && !hadSources
        const isOther = draft.presets.length > own.length
        draft.presets = recommended !== null && own.length === 0 && (isFirst || isOther) ? [recommended] : own
      })
    },
    { immediate: true },
  )
}
