import { createPinia, setActivePinia } from 'pinia'
import { nextTick, reactive, ref, shallowRef } from 'vue'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Retention, VaultId } from '@holdfast/shared-types'
import { learnRole } from '../../platform/session/rights.ts'
import { aBackupRun, aDevice, aPlan, aVault, factsOf } from '../../testing/world.ts'
import { newDraft, type PlanDraft } from './plan-draft.ts'
import { useRulesProblem } from './rules-problem.ts'
import { useDraftSave } from './save-draft.ts'

const rules: Retention = {
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
const privateVault = crypto.randomUUID() as VaultId
const [managed, sealed] = [aDevice(), aDevice({ vaultId: privateVault })]
const plan = aPlan(managed)

/** Plans as they were sent to be saved. */
let saved: Pick<PlanDraft, 'retention'>[] = []
beforeEach(() => {
  setActivePinia(createPinia())
  saved = []
  vi.stubGlobal('fetch', async (address: string, { method, body }: RequestInit) => {
    if (method === 'GET') return Response.json({ items: [aVault({ id: privateVault, kind: 'private' })], nextCursor: null })
    if (typeof body === 'string' && address.includes('/plans')) saved.push(JSON.parse(body) as (typeof saved)[number])
    return Response.json(plan)
  })
})
afterEach(() => void vi.unstubAllGlobals())

async function anEditor(retention: Retention) {
  const draft = reactive({ ...newDraft(managed.id), name: 'Home', retention })
  const [host, base] = [shallowRef(managed), shallowRef(null)]
  const { kept, rulesProblem, canLimitVersions } = useRulesProblem(draft, base, host)
  const { save } = useDraftSave({
    draft,
    base,
    error: shallowRef<unknown>(null),
    isSaved: ref(false),
    name: ref('Home'),
    kept,
    mayBeSaved: () => rulesProblem.value === null,
  })
  host.value = sealed
  await expect.poll(() => canLimitVersions.value).toBe(false)
  await nextTick()
  return { draft, host, kept, save }
}

test('a limit of versions is neither shown nor saved where the device can have none, and there again for one that can', async () => {
  const { draft, host, kept, save } = await anEditor(rules)
  expect([draft.retention, kept.value]).toEqual([rules, { ...rules, versionsPerFile: null }])
  await save()
  host.value = managed
  expect(kept.value).toEqual(rules)
  await save()
  expect(saved.map(({ retention }) => retention?.versionsPerFile)).toEqual([null, 4])
})

test('rules that said nothing else keep everything there', async () => {
  const { kept, save } = await anEditor({ ...rules, keepDaily: 0 })
  expect(kept.value).toBeNull()
  await save()
  expect(saved).toEqual([expect.objectContaining({ retention: null })])
})

test('only an administrator is let have a plan keep less than it does; anybody gives a new one its rules', () => {
  onTestFinished(() => learnRole(null))
  type Base = Parameters<typeof useRulesProblem>[1]
  const problem = (role: 'operator' | 'admin', before: Base, retention: PlanDraft['retention']) => {
    learnRole(role)
    return useRulesProblem(reactive({ ...newDraft(managed.id), retention }), before, shallowRef(managed)).rulesProblem.value
  }
  const lastRun = factsOf(aBackupRun(managed, {}))
  const ruled: Base = shallowRef({ ...plan, retention: rules, lastRun })
  const unruled: Base = shallowRef({ ...plan, retention: null, lastRun })
  const unused: Base = shallowRef({ ...plan, retention: rules, lastRun: null, activeRun: null })
  const none: Base = shallowRef(null)
  expect(problem('operator', ruled, { ...rules, keepDaily: 13 })).toBe('less')
  expect(problem('operator', unruled, rules)).toBe('less')
  expect(problem('operator', unruled, { ...rules, keepDaily: 0, versionsPerFile: null })).toBe('nothing')
  expect(problem('operator', ruled, { ...rules, keepDaily: 1.5 })).toBe('number')
  expect(problem('operator', ruled, { ...rules, minimumAgeDays: 3 })).toBe('less')
  expect(problem('operator', ruled, rules)).toBeNull()
  expect(problem('operator', ruled, { ...rules, keepDaily: 15 })).toBeNull()
  expect(problem('operator', ruled, null)).toBeNull()
  expect(problem('operator', unused, { ...rules, keepDaily: 1 })).toBeNull()
  expect(problem('operator', none, { ...rules, keepDaily: 1 })).toBeNull()
  expect(problem('admin', ruled, { ...rules, keepDaily: 13 })).toBeNull()
})
