import type { Plan } from '@holdfast/shared-types'
import { computed, reactive, ref, shallowRef } from 'vue'
import { hasCode } from '../../platform/errors/api-error.ts'
import { useText } from '../../platform/i18n/use-text.ts'
import { useHosts } from '../hosts/index.ts'
import { useDraftConflict } from './draft-conflict.ts'
import { useDraftDefaults } from './draft-defaults.ts'
import { patternMistakes } from './pattern-mistakes.ts'
import { useKeptDraft } from './use-kept-draft.ts'
import { copyOfDraft, draftMistake, isSameDraft, newDraft, suggestName, type PlanDraft } from './plan-draft.ts'
import { useRulesProblem } from './rules-problem.ts'
import { useDraftSave } from './save-draft.ts'
import { usePlansStore } from './plans.store.ts'

export interface EditedPlan {
  /** The plan that is changed; null = a new one is made. */
  readonly plan: Plan | null
  readonly draft: PlanDraft
  /** What was typed before the sign-in ended; the rest of the page is as if it had just been typed. */
  readonly kept?: PlanDraft
}

/** One plan while it is written, and saved. Nothing that was typed is lost by what goes wrong. */
export function usePlanEditor(edited: EditedPlan) {
  const { t } = useText()
  const store = usePlansStore()
  const { hosts, byId: hostById, isLoaded: hasHosts, error: hostsError, load: loadHosts } = useHosts()
  const base = shallowRef(edited.plan)
  const isNew = computed(() => base.value === null)
  const draft = reactive(copyOfDraft(edited.kept ?? edited.draft))
  const untouched = shallowRef(copyOfDraft(edited.draft))
  const [error, isSaved] = [shallowRef<unknown>(null), ref(false)]
  const host = computed(() => (draft.agentId === null ? null : (hostById.get(draft.agentId) ?? null)))
  const taken = computed(() =>
    store.plans.filter(({ agentId, id }) => agentId === draft.agentId && id !== base.value?.id).map(({ name }) => name),
  )
  const suggested = computed(() =>
    suggestName(draft.sources, taken.value, (count) => t('plans.editor.nameMore', { count }), t('plans.editor.nameAll')),
  )
  const name = computed(() => (draft.name.trim() === '' ? suggested.value : draft.name.trim()))
  const isChanged = computed(() => !isSaved.value && !isSameDraft(draft, untouched.value))
  const mistakes = computed(() => patternMistakes(draft.patterns))
  const mistake = computed(() => draftMistake(draft))
  const rules = useRulesProblem(draft, base, host)

  const hadSources = draft.sources.length > 0
  useDraftDefaults({ draft, untouched, hosts, host, isNew, hadSources, isGiven: edited.kept !== undefined })
  const conflict = useDraftConflict({ draft, untouched, base, error })

  const mayBeSaved = () => mistake.value === null && mistakes.value.length === 0 && rules.rulesProblem.value === null
  const saving = useDraftSave({ draft, base, error, isSaved, name, kept: rules.kept, mayBeSaved })

  /** What has ways on of its own: somebody else changed the plan, or it is gone. */
  const problem = computed(() => (['plan.changed', 'plan.not-found'] as const).find((code) => hasCode(error.value, code)) ?? null)
  useKeptDraft({ draft, base, isChanged, isSaved })
  const isKept = ref(edited.kept !== undefined)
  function beginAnew(): void {
    Object.assign(draft, copyOfDraft(untouched.value))
    isKept.value = false
  }

  return {
    ...conflict,
    ...saving,
    draft,
    isNew,
    host,
    hosts,
    hasHosts,
    hostsError,
    loadHosts,
    suggested,
    mistakes,
    mistake,
    ...rules,
    name,
    isChanged,
    problem,
    isKept,
    beginAnew,
    error,
  }
}

export type PlanEditorState = ReturnType<typeof usePlanEditor>
export const emptyPlan = (agentId: PlanDraft['agentId']): EditedPlan => ({ plan: null, draft: newDraft(agentId) })
