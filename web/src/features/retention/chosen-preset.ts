import type { Retention } from '@holdfast/shared-types'
import { computed, ref, watch, type Ref, type WritableComputedRef } from 'vue'
import { noRules, presetOf, rulesOfPreset, type PresetName } from './retention-rules.ts'

/** Which preset rules are; `own` for who wants numbers of their own, also while they are those of a preset. */
export function useChosenPreset(rules: Ref<Retention | null>, canLimitVersions: () => boolean) {
  const presetNow = (): PresetName | 'own' => presetOf(rules.value, canLimitVersions())
  const isOwn = ref(presetNow() === 'own')
  /** A person said so: what turns out about the device takes no numbers away. */
  let isAsked = false
  // What the hub answers about the device comes after the form, and other devices have other answers.
  watch(canLimitVersions, () => {
    if (!isAsked) isOwn.value = presetNow() === 'own'
  })

  const chosen: WritableComputedRef<PresetName | 'own'> = computed({
    get: () => (isOwn.value ? 'own' : presetNow()),
    set: (name) => {
      isAsked = isOwn.value = name === 'own'
      // Whole, also where it is shown without its limit of versions: another device may have one.
      rules.value = name === 'own' ? { ...(rules.value ?? noRules) } : rulesOfPreset(name)
    },
  })
  return { isOwn, chosen }
}
