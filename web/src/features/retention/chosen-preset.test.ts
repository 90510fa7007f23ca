// @vitest-environment node
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useChosenPreset } from './chosen-preset.ts'
import { rulesOfPreset, type presetOf } from './retention-rules.ts'

let effects: EffectScope
beforeEach(() => (effects = effectScope()))
afterEach(() => effects.stop())

function aForm(given: Parameters<typeof presetOf>[0], canLimit = true) {
  const rules = shallowRef(given)
  const canLimitVersions = ref(canLimit)
  const form = effects.run(() => useChosenPreset(rules, () => canLimitVersions.value))
  if (form === undefined) throw new Error('The scope has ended.')
  return { rules, canLimitVersions, ...form }
}

test('a preset without its limit of versions is known for what it is once the device is known', async () => {
  const { chosen, isOwn, canLimitVersions } = aForm(rulesOfPreset('user-data', false))
  expect(chosen.value).toBe('own')
  canLimitVersions.value = false
  await nextTick()
  expect([chosen.value, isOwn.value]).toEqual(['user-data', false])
})

test('a preset stays the same one, and whole, over devices that can have its limit and others', async () => {
  const { chosen, rules, canLimitVersions } = aForm(null, false)
  chosen.value = 'user-data'
  expect([chosen.value, rules.value]).toEqual(['user-data', rulesOfPreset('user-data')])
  for (const canLimit of [true, false]) {
    canLimitVersions.value = canLimit
    await nextTick()
    expect(chosen.value).toBe('user-data')
  }
})

test('who asked for numbers of their own keeps them, whatever turns out about the device', async () => {
  const { chosen, isOwn, canLimitVersions } = aForm(rulesOfPreset('user-data', false))
  chosen.value = 'own'
  canLimitVersions.value = false
  await nextTick()
  expect([chosen.value, isOwn.value]).toEqual(['own', true])
})
