import { effectScope, nextTick, reactive, ref, shallowRef, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aDevice } from '../../testing/world.ts'
import { useDraftDefaults } from './draft-defaults.ts'
import { copyOfDraft, isSameDraft, newDraft } from './plan-draft.ts'

const rules = {
  keepLast: 0,
  keepHourly: 0,
  keepDaily: 14,
  keepWeekly: 0,
  keepMonthly: 0,
  keepYearly: 0,
  keepWithin: null,
  minimumAgeDays: 7,
  versionsPerFile: 4,
}

let effects: EffectScope
beforeEach(() => (effects = effectScope()))
afterEach(() => effects.stop())

test('a limit of versions goes where the device can have none, and that is no change of a person’s', async () => {
  const device = aDevice()
  const draft = reactive({ ...newDraft(device.id), retention: rules })
  const untouched = shallowRef(copyOfDraft(draft))
  const [hosts, host] = [shallowRef([device]), shallowRef(device)]
  const canLimitVersions = ref(true)
  const [isNew, given] = [ref(false), { hadSources: true, isGiven: true }]
  effects.run(() => useDraftDefaults({ draft, untouched, hosts, host, isNew, canLimitVersions, ...given }))
  await nextTick()
  expect(draft.retention).toEqual(rules)
  canLimitVersions.value = false
  await nextTick()
  expect(draft.retention).toEqual({ ...rules, versionsPerFile: null })
  expect(isSameDraft(draft, untouched.value)).toBe(true)
  // Of what somebody else saved meanwhile, too; and rules that said nothing else keep everything.
  draft.retention = { ...rules, keepDaily: 0 }
  await nextTick()
  expect(draft.retention).toBeNull()
})
